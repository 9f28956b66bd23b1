import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { plainWord, readRetryAfter, responseError } from './response-error.ts'

const KEY = 'sk-live-4f1d9c7e2b8a40'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
}

describe('responseError', () => {
  it('names what a status means', async () => {
    const codes = await Promise.all(
      [400, 401, 403, 404, 413, 429, 402, 500].map(async (status) => {
        const error = await responseError(answer(status, ''), 'The provider')
        expect(error).toBeInstanceOf(ChatStreamError)
        expect(error.status).toBe(status)
        expect(error.message).toBe(`The provider answered status ${status}; expected an event stream.`)
        return error.code
      }),
    )
    expect(codes).toEqual([
      'invalid_request',
      'unauthorized',
      'unauthorized',
      'not_found',
      'invalid_request',
      'rate_limited',
      'http',
      'http',
    ])
  })

  it('says that a redirect is not followed, also one whose status a browser hides', async () => {
    const hidden = Object.defineProperty(answer(200, ''), 'status', { value: 0 })
    for (const redirect of [answer(301, ''), answer(308, ''), hidden]) {
      expect(await responseError(redirect, 'The provider')).toMatchObject({
        code: 'http',
        message: 'The provider answered with a redirect, which is not followed; expected an event stream.',
      })
    }
  })

  it('waits 1 s for a body that does not end, and keeps what the status says', async () => {
    const clock = createFakeClock()
    const cancelled = vi.fn<() => void>()
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"error":')),
      cancel: cancelled,
    })
    const headers = { 'retry-after': '7' }
    const error = responseError(new Response(body, { status: 429, headers }), 'The provider', clock)
    await clock.advance(999)
    expect(cancelled).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(cancelled).toHaveBeenCalledOnce()
    expect(await error).toMatchObject({ code: 'rate_limited', status: 429, retryAfterMs: 7000 })
  })

  it('passes a provider’s plain words on, and nothing else of its body', async () => {
    const told = {
      message: `Incorrect API key provided: ${KEY}`,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    }
    const error = await responseError(answer(401, { error: told, key: KEY }), 'The provider')
    expect(error).toMatchObject({ code: 'unauthorized', providerCode: 'invalid_api_key' })
    expect(error.providerType).toBe('invalid_request_error')
    expect(error.message).toBe('The provider answered status 401 (invalid_api_key); expected an event stream.')
    for (const shown of [JSON.stringify(error), String(error), inspect(error)]) expect(shown).not.toContain(KEY)
  })

  it('takes no sentence for a word', async () => {
    const told = { type: `the key ${KEY}`, code: `${KEY} `.repeat(3) }
    const error = await responseError(answer(500, { error: told }), 'The provider')
    expect(error.toJSON()).toEqual({
      code: 'http',
      message: 'The provider answered status 500; expected an event stream.',
      status: 500,
    })
  })

  it('takes a code that is a number for a word', async () => {
    const error = await responseError(answer(502, { error: { code: 502, message: 'No.' } }), 'The provider')
    expect(error.providerCode).toBe('502')
  })

  it('takes the words of a Sluice server as they are', async () => {
    const told = {
      message: 'This run was cancelled before it began.',
      type: 'invalid_request_error',
      code: 'run_cancelled',
    }
    const error = await responseError(answer(409, { error: told }), 'The server')
    expect(error.toJSON()).toEqual({
      code: 'run_cancelled',
      message: told.message,
      status: 409,
      providerType: 'invalid_request_error',
    })
    expect((await responseError(answer(404, { error: { code: 'run_cancelled' } }), 'The provider')).code).toBe(
      'not_found',
    )
  })

  it('survives every body: no JSON, endless, broken, none', async () => {
    const encoder = new TextEncoder()
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(encoder.encode('<p>'.repeat(1000))),
    })
    const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('broken')) })
    for (const body of ['<html>', '{"error":"down"}', '[', endless, broken, null]) {
      const error = await responseError(new Response(body, { status: 502 }), 'The provider')
      expect(error).toMatchObject({ code: 'http', status: 502 })
    }
  })

  it('tells how long to wait', async () => {
    const soon = new Date(Date.now() + 60_000).toUTCString()
    const seconds = await responseError(answer(429, '', { 'retry-after': '2' }), 'The provider')
    expect(seconds.retryAfterMs).toBe(2000)
    const date = await responseError(answer(503, '', { 'retry-after': soon }), 'The provider')
    expect(date.retryAfterMs).toBeGreaterThan(55_000)
    expect(date.retryAfterMs).toBeLessThanOrEqual(60_000)
  })
})

describe('readRetryAfter', () => {
  const NOW = Date.parse('Sun, 22 Nov 2026 10:00:00 GMT')

  it('reads seconds', () => {
    expect([' 7 ', '0', '0.5', '1.25'].map((value) => readRetryAfter(value))).toEqual([7000, 0, 500, 1250])
  })

  it('reads a date, and takes one that has passed for now', () => {
    expect(readRetryAfter('Sun, 22 Nov 2026 10:00:30 GMT', NOW)).toBe(30_000)
    expect(readRetryAfter('Sun, 22 Nov 2026 09:00:00 GMT', NOW)).toBe(0)
  })

  it('reads nothing from what is neither', () => {
    for (const value of [null, '', 'soon', '-5', '1,5', '9'.repeat(400)])
      expect(readRetryAfter(value, NOW)).toBeUndefined()
  })
})

describe('plainWord', () => {
  it('takes short words of letters, digits, dots, dashes and underscores', () => {
    expect(plainWord('model_not-found.v2')).toBe('model_not-found.v2')
    expect(plainWord(KEY)).toBeUndefined()
    expect(plainWord(429)).toBe('429')
    for (const value of ['', 'two words', 'a\nb', 'ü', 'a'.repeat(65), null, {}, Number.NaN, 1.5]) {
      expect(plainWord(value)).toBeUndefined()
    }
  })
})
