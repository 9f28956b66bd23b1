import { describe, expect, it } from 'vitest'
import { readSluiceRequest } from './wire.ts'

describe('readSluiceRequest', () => {
  it('reads the ids that are there, and nothing else', () => {
    expect(readSluiceRequest(undefined)).toEqual({})
    expect(readSluiceRequest({ thread: 't', parent: null, message: 'm', other: 1 })).toEqual({
      thread: 't',
      message: 'm',
    })
    expect(readSluiceRequest({ parent: 'p'.repeat(200) })).toEqual({ parent: 'p'.repeat(200) })
  })

  it('refuses what is no id', () => {
    const wrong = [null, 'thread', [], { thread: '' }, { parent: 7 }, { message: {} }, { thread: 't'.repeat(201) }]
    for (const value of wrong) {
      expect(() => readSluiceRequest(value)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    }
  })
})
