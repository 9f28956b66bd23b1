import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, resolveLimits } from './limits.ts'

describe('limits', () => {
  it('have the defaults that are written beside them', () => {
    const source = readFileSync(new URL('./limits.ts', import.meta.url), 'utf8')
    const written = source.matchAll(/Default ([\d,]+)(?:(?!Default).)*?readonly (\w+): number/gs)
    expect(
      Object.fromEntries(Array.from(written, ([, value, name]) => [name, Number(value?.replaceAll(',', ''))])),
    ).toEqual(DEFAULT_LIMITS)
  })

  it('are never unset by an explicit undefined', () => {
    const limits = { runs: undefined, totalMs: undefined, bodyBytes: 5 }
    expect(resolveLimits(limits)).toEqual({ ...DEFAULT_LIMITS, bodyBytes: 5 })
  })
})
