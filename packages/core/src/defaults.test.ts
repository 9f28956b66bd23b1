import { describe, expect, it } from 'vitest'
import { withDefaults } from './defaults.ts'

describe('withDefaults', () => {
  it('takes what is given, and fills in what is not, or is undefined', () => {
    const given = { a: 0, b: undefined }
    expect(withDefaults('limits', { a: 1, b: 2, c: 3 }, given)).toEqual({ a: 0, b: 2, c: 3 })
    expect(withDefaults('limits', { a: 1 })).toEqual({ a: 1 })
  })

  it.each([Number.NaN, -1])('refuses %s, which would bound nothing', (a) => {
    const defaults: { readonly a: number } = { a: 1 }
    expect(() => withDefaults('limits', defaults, { a })).toThrow(
      `Expected limits.a to be a number of at least 0, got ${a}.`,
    )
  })
})
