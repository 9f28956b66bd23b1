import { describe, expect, it } from 'vitest'
import { underCi } from './under-ci.mjs'

describe('underCi', () => {
  it.each(['1', 'true', 'yes'])('holds when CI is %s', (value) => {
    expect(underCi({ CI: value })).toBe(true)
  })

  it.each([undefined, '', '0', 'false', 'FALSE'])('does not hold when CI is %s', (value) => {
    expect(underCi({ CI: value })).toBe(false)
  })
})
