import { describe, expect, it } from 'vitest'
import { BODY_BYTES } from './http.ts'
import { ask, lastEnded, post, startSimulator } from './testing/client.ts'
import type { Simulator } from './index.ts'

const origin = ({ url }: Simulator): string => new URL(url).origin

describe('bad requests', () => {
  it.each([
    ['not JSON', '{', null],
    ['no object', '[]', null],
    ['no model', { messages: [{ role: 'user', content: 'hi' }] }, 'model'],
    ['no messages', { model: 'any' }, 'messages'],
    ['empty messages', { model: 'any', messages: [] }, 'messages'],
    ['a message that is no object', { model: 'any', messages: ['hi'] }, 'messages[0]'],
    ['a message without role', { model: 'any', messages: [{ content: 'hi' }] }, 'messages[0].role'],
    ['a content of another type', ask('', { messages: [{ role: 'user', content: 7 }] }), 'messages[0].content'],
    [
      'a content part that is no object',
      ask('', { messages: [{ role: 'user', content: ['a'] }] }),
      'messages[0].content',
    ],
    ['several choices', ask('hi', { n: 2 }), 'n'],
    ['a stream that is no boolean', ask('hi', { stream: 'yes' }), 'stream'],
    ['a limit of nothing', ask('hi', { max_tokens: 0 }), 'max_tokens'],
    ['stream_options that are no object', ask('hi', { stream_options: true }), 'stream_options'],
  ])('answers 400 to %s', async (_name, body, param) => {
    const simulator = await startSimulator()
    const response = await post(simulator, body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param, code: null },
    })
    expect(simulator.stats.requests).toHaveLength(0)
  })

  it('answers 404 to a path it does not know', async () => {
    const simulator = await startSimulator()
    const response = await fetch(`${simulator.url}/embeddings`, { method: 'POST' })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } })
  })

  it('answers 405 to another method, and tells the right one', async () => {
    const simulator = await startSimulator()
    const response = await fetch(`${simulator.url}/chat/completions`)
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST, OPTIONS')
    expect(await response.json()).toMatchObject({ error: { code: 'method_not_allowed' } })
  })

  it('answers 413 to a body over 16 MiB, and takes one just below', async () => {
    const simulator = await startSimulator()
    const frame = JSON.stringify(ask('')).length
    const large = await post(simulator, ask('x'.repeat(BODY_BYTES - frame + 1)))
    expect(large.status).toBe(413)
    expect(await large.json()).toMatchObject({ error: { code: 'request_too_large' } })
    const fits = await post(simulator, ask('x'.repeat(BODY_BYTES - frame)))
    expect(fits.status).toBe(200)
    await fits.text()
  })

  it('answers 415 to anything but JSON, and reads parameters of the type', async () => {
    const simulator = await startSimulator()
    const response = await post(simulator, ask('hi'), { 'Content-Type': 'text/plain' })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } })
    const fine = await post(simulator, ask('hi'), { 'Content-Type': 'Application/JSON; charset=utf-8' })
    expect(fine.status).toBe(200)
    await fine.text()
  })
})

describe('apiKey', () => {
  it('is asked for under /v1, and nowhere else', async () => {
    const simulator = await startSimulator({ apiKey: 'right' })
    const missing = await post(simulator, ask('hi'))
    expect(missing.status).toBe(401)
    expect(await missing.json()).toMatchObject({ error: { code: 'invalid_api_key' } })
    expect((await post(simulator, ask('hi'), { Authorization: 'Bearer wrong' })).status).toBe(401)
    const right = await post(simulator, ask('hi'), { Authorization: 'Bearer right' })
    expect(right.status).toBe(200)
    await right.text()
    expect((await fetch(`${simulator.url}/models`)).status).toBe(401)
    expect((await fetch(`${origin(simulator)}/stats`)).status).toBe(200)
    expect(simulator.stats.requests).toHaveLength(1)
  })
})

describe('the other routes', () => {
  it('lists the models that pick scenarios', async () => {
    const simulator = await startSimulator()
    const list = await (await fetch(`${simulator.url}/models?x=1`)).json()
    expect(list).toMatchObject({ object: 'list' })
    expect(JSON.stringify(list)).toContain('"id":"simulator/stall"')
  })

  it('gives the stats as JSON, and their sums for a health check', async () => {
    const simulator = await startSimulator({ answer: () => ['a', 'b'] })
    await (await post(simulator, ask('hi'))).text()
    const request = await lastEnded(simulator)
    const stats = await (await fetch(`${origin(simulator)}/stats`)).json()
    expect(stats).toEqual({ open: 0, produced: 2, billed: 2, requests: [request] })
    const health = await (await fetch(`${origin(simulator)}/healthz`)).json()
    expect(health).toEqual({ ok: true, open: 0, produced: 2, billed: 2 })
  })

  it('gives the newest requests alone where that is asked for, and the sums of all', async () => {
    const simulator = await startSimulator({ answer: () => ['a'] })
    for (const prompt of ['one', 'two', 'three']) await (await post(simulator, ask(prompt))).text()
    await lastEnded(simulator)
    const stats = await (await fetch(`${origin(simulator)}/stats?limit=2`)).json()
    expect(stats).toMatchObject({ produced: 3, requests: [{ prompt: 'two' }, { prompt: 'three' }] })
    expect(await (await fetch(`${origin(simulator)}/stats?limit=0`)).json()).toMatchObject({ requests: [] })
    const all = await (await fetch(`${origin(simulator)}/stats?limit=x`)).json()
    expect(all.requests).toHaveLength(3)
  })

  it('lets pages of any origin call it', async () => {
    const simulator = await startSimulator()
    const preflight = await fetch(`${simulator.url}/chat/completions`, {
      method: 'OPTIONS',
      headers: { 'Access-Control-Request-Headers': 'authorization,content-type,x-simulator-scenario' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-simulator-scenario')
    expect((await fetch(`${simulator.url}/models`)).headers.get('access-control-allow-origin')).toBe('*')
  })
})
