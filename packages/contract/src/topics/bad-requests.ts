import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ID, OTHER_ID, QUESTION, type Bench } from '../bench.ts'
import { allEvents, readSome } from '../event-stream.ts'
import { until } from '../until.ts'

export function describeBadRequests(bench: Bench): void {
  describe('a bad request', () => {
    it.each([
      ['malformed JSON', '{"model":', 400],
      ['an array', '[]', 400],
      ['nothing', '', 400],
      ['no messages', { model: 'any' }, 400],
      ['empty messages', { model: 'any', messages: [] }, 400],
      ['no model', { messages: QUESTION.messages }, 400],
      ['several answers', { ...QUESTION, n: 2 }, 400],
      ['ids that are none', { ...QUESTION, sluice: { thread: 7 } }, 400],
      ['an id that is too long', { ...QUESTION, sluice: { message: 'x'.repeat(201) } }, 400],
      ['a body that is too large', { ...QUESTION, padding: 'x'.repeat(2_000) }, 413],
    ])('%s is refused with OpenAI’s error object', async (_, body, status) => {
      await bench.open({ limits: { bodyBytes: 1_000 } })
      const response = await bench.post(body)
      expect(response.status).toBe(status)
      expect(await response.json()).toEqual({
        error: { message: expect.any(String), type: 'invalid_request_error', code: 'invalid_request' },
      })
      expect(bench.simulator.stats.requests).toHaveLength(0)
    })

    it('is refused when it is too large, though it does not say so beforehand', async () => {
      await bench.open({ limits: { bodyBytes: 1_000 } })
      const req = httpRequest(`${bench.api}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      })
      for (let i = 0; i < 10; i += 1) req.write('x'.repeat(500))
      req.end()
      const [response] = await once(req, 'response')
      expect(response.statusCode).toBe(413)
      response.resume()
    })

    it.each(['text/plain', 'application/jsonp', 'multipart/form-data; boundary=application/json'])(
      'is refused when its type is %s',
      async (type) => {
        await bench.open()
        expect((await bench.post(QUESTION, { 'content-type': type })).status).toBe(415)
      },
    )

    it('is taken when its type names a charset', async () => {
      await bench.open()
      const response = await bench.post(QUESTION, { 'content-type': 'Application/JSON; charset=utf-8' })
      expect(response.status).toBe(200)
      await allEvents(response)
    })

    it.each(['mine', `${ID}0`, '../../etc'])('is refused when its Run-Id is %s, no UUID', async (id) => {
      await bench.open()
      expect((await bench.post(QUESTION, { 'run-id': id })).status).toBe(400)
    })

    it.each([
      ['GET', 'runs/nobody', 404],
      ['GET', `runs/${OTHER_ID}`, 404],
      ['GET', `runs/${OTHER_ID}/events`, 404],
      ['GET', 'runs/nobody/events', 404],
      ['POST', 'runs/nobody/cancel', 404],
      ['GET', 'runs', 400],
      ['GET', 'runs?thread=', 400],
    ])('%s %s is %i', async (method, path, status) => {
      await bench.open()
      const response = await fetch(`${bench.api}/${path}`, { method })
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } })
    })

    it.each([
      ['GET', 'chat/completions', 'POST'],
      ['POST', 'models', 'GET'],
      ['DELETE', `runs/${ID}`, 'GET'],
      ['POST', `runs/${ID}/events`, 'GET'],
      ['GET', `runs/${ID}/cancel`, 'POST'],
    ])('%s %s is 405, and names %s', async (method, path, allowed) => {
      await bench.open()
      const response = await fetch(`${bench.api}/${path}`, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toContain(allowed)
      expect(await response.json()).toMatchObject({ error: { code: 'invalid_request' } })
    })

    it.each(['-1', '1.5', '1e3', 'abc', '', '9'.repeat(16)])('asks for events after %j', async (after) => {
      await bench.open()
      await allEvents(await bench.post())
      expect((await bench.events(`?after=${after}`)).status).toBe(400)
    })
  })

  it('answers HEAD as GET, without a body, and without counting as a viewer', async () => {
    const settled: RunOutcome[] = []
    await bench.open({
      simulator: { tokensPerSecond: 20 },
      onDisconnect: { graceMs: 100 },
      onSettled: (outcome) => void settled.push(outcome),
    })
    const reader = await readSome(await bench.post(), 2)
    const head = async (path: string): Promise<number> =>
      (await fetch(`${bench.api}/${path}`, { method: 'HEAD' })).status
    expect(await head('models')).toBe(200)
    expect(await head(`runs/${ID}`)).toBe(200)
    expect(await head(`runs/${OTHER_ID}/events`)).toBe(404)
    expect(await head('chat/completions')).toBe(405)
    expect(await head(`runs/${ID}/events`)).toBe(200)
    await reader.return()
    await until('nobody is left, however often somebody looks', async () => {
      await head(`runs/${ID}/events`)
      return settled.length === 1
    })
    expect(settled).toMatchObject([{ status: 'cancelled', cancellation: { requestedBy: 'disconnect' } }])
  })

  it('has nothing at other paths', async () => {
    await bench.open()
    for (const path of ['nothing', 'chat', 'chat/completions/more', `runs/${ID}/more`]) {
      expect((await fetch(`${bench.api}/${path}`)).status).toBe(404)
    }
  })
}
