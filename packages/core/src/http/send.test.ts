import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { joinURL, send } from './send.ts'

describe('joinURL', () => {
  it('puts exactly one slash between', () => {
    for (const base of ['http://a/v1', 'http://a/v1/', 'http://a/v1//'])
      expect(joinURL(base, 'runs')).toBe('http://a/v1/runs')
    expect(joinURL('/v1', 'runs')).toBe('/v1/runs')
    expect(joinURL('', 'runs')).toBe('/runs')
  })
})

describe('send', () => {
  it('names a failure to reach the other end, and keeps its cause', async () => {
    const cause = new TypeError('fetch failed')
    await expect(send(() => Promise.reject(cause), 'http://a', {}, 'The server')).rejects.toMatchObject({
      code: 'network',
      message: 'The server could not be reached. Check the address and the network.',
      cause,
    })
  })

  it('asks nobody at an address with a password in it, which is not told', async () => {
    const asked = send(() => Promise.reject(new TypeError('asked')), 'http://ann:secret@a/v1', {}, 'The provider')
    const error: unknown = await asked.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'invalid_request' })
    expect(inspect(error)).not.toMatch(/secret|asked'/)
    await expect(send(() => Promise.reject(new Error('x')), 'http://a/@b', {}, 'The server')).rejects.toMatchObject({
      code: 'network',
    })
  })
})
