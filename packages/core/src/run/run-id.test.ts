import { afterEach, describe, expect, it, vi } from 'vitest'
import { createRunId, isRunId } from './run-id.ts'

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

afterEach(() => {
  vi.unstubAllGlobals()
})

function ids(): readonly string[] {
  return Array.from({ length: 200 }, () => createRunId())
}

describe('createRunId', () => {
  it('makes fresh random UUIDs', () => {
    const made = ids()
    for (const id of made) expect(id).toMatch(VERSION_4)
    expect(new Set(made).size).toBe(made.length)
  })

  it('makes them in a page that is not secure, too', () => {
    const { crypto } = globalThis
    vi.stubGlobal('crypto', { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) })
    const made = ids()
    for (const id of made) expect(id).toMatch(VERSION_4)
    expect(new Set(made).size).toBe(made.length)
    expect(made.every(isRunId)).toBe(true)
  })
})

describe('isRunId', () => {
  it('takes a UUID in its usual form alone', () => {
    expect(isRunId('01234567-89AB-cdef-0123-456789abcdef')).toBe(true)
    const wrong = ['', '0123456789abcdef0123456789abcdef', '01234567-89ab-cdef-0123-456789abcdeg', 7, null, undefined]
    for (const value of [...wrong, ' 01234567-89ab-cdef-0123-456789abcdef', '../runs', ['a']]) {
      expect(isRunId(value)).toBe(false)
    }
  })
})
