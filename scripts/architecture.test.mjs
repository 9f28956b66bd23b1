import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './workspace.mjs'

const CORE = join(ROOT, 'packages', 'core', 'src')

/**
 * What each folder of core may import beside its own files, in the order of the flow. `.` is core's root.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const MAY_IMPORT = {
  '.': ['.', 'sse', 'message', 'http', 'run', 'client', 'chat'],
  sse: [],
  message: ['.'],
  http: ['.', 'sse', 'message'],
  run: ['.', 'message'],
  client: ['.', 'sse', 'message', 'http', 'run'],
  chat: ['.', 'message', 'http', 'run', 'client'],
  server: ['.', 'sse', 'message', 'http', 'run'],
}

/** @param {string} path */
const isSource = (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.test-d.ts')

/** @type {readonly string[]} paths below core's sources */
const sources = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter(
  (path) => isSource(path) && !path.split('/').includes('testing'),
)

/** @param {string} path */
function importsOf(path) {
  const text = readFileSync(join(CORE, path), 'utf8')
  return [...text.matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm)].map(
    ([, from, dynamic, bare]) => from ?? dynamic ?? bare ?? '',
  )
}

/** @param {string} path */
const folderOf = (path) => dirname(path).split('/')[0] ?? '.'

describe('core', () => {
  it('has a rule for each of its folders', () => {
    expect([...new Set(sources.map(folderOf))].toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted())
  })

  it.each(Object.entries(MAY_IMPORT))('%s imports only what stands before it', (folder, allowed) => {
    const wrong = sources
      .filter((path) => folderOf(path) === folder)
      .flatMap((path) =>
        importsOf(path).map((target) => ({ path, target: relative(CORE, join(CORE, dirname(path), target)) })),
      )
      .filter(({ target }) => folderOf(target) !== folder && !allowed.includes(folderOf(target)))
    expect(wrong).toEqual([])
  })

  it('has no dependency', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'packages', 'core', 'package.json'), 'utf8'))
    expect(manifest.dependencies).toBeUndefined()
    expect(manifest.peerDependencies).toBeUndefined()
    expect(sources.flatMap(importsOf).filter((target) => !target.startsWith('.'))).toEqual([])
  })
})
