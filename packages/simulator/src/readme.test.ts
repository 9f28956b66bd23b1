import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SCENARIOS } from './index.ts'

it('shows the very table of scenarios', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const section = readme.slice(readme.indexOf('\n## Scenarios\n'), readme.indexOf('\n## Answers\n'))
  const rows = [...section.matchAll(/^\| `(\S+)` \| (.+) \|$/gm)].map(([, name, description]) => ({
    name,
    description,
  }))
  expect(rows).toEqual(SCENARIOS)
})
