import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { SIMULATED_SECRET } from '@sluice/simulator'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import type { RunOutcome } from './index.ts'
import { ANSWER, startChatServer, TOKENS, type ChatServer, type ChatServerOptions } from './testing/chat-server.ts'
import { allEvents, endOf, readEvents, textOf, type ReadEvent } from './testing/event-stream.ts'
import { until } from './testing/until.ts'

const ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const OTHER_ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a12'
const QUESTION = { model: 'any', messages: [{ role: 'user', content: 'Hello' }], stream: true }

let server: ChatServer

async function start(options?: ChatServerOptions): Promise<void> {
  server = await startChatServer(options)
}

afterEach(() => server.close())

function post(body: unknown, headers: Readonly<Record<string, string>> = { 'run-id': ID }): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${server.api}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  })
}

function cancel(id = ID): Promise<Response> {
  return fetch(`${server.api}/runs/${id}/cancel`, { method: 'POST' })
}

/** Reads until some text has come, and leaves the stream open. */
async function readSome(response: Response, count = 5): Promise<AsyncGenerator<ReadEvent, void>> {
  const events = readEvents(response)
  for (let i = 0; i < count; i += 1) await events.next()
  return events
}

async function rest(events: AsyncGenerator<ReadEvent, void>): Promise<readonly ReadEvent[]> {
  const read: ReadEvent[] = []
  for await (const event of events) read.push(event)
  return read
}

describe('a start', () => {
  it('streams the provider’s chunks, numbered, then the end and [DONE]', async () => {
    await start()
    const response = await post(QUESTION)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(response.headers.get('run-id')).toBe(ID)
    const events = await allEvents(response)
    expect(textOf(events)).toBe(ANSWER)
    expect(events.at(-1)).toEqual({ id: undefined, data: '[DONE]' })
    expect(events.slice(0, -1).map(({ id }) => Number(id))).toEqual(events.slice(0, -1).map((_, i) => i + 1))
    expect(endOf(events)).toMatchObject({
      status: 'completed',
      finishReason: 'stop',
      usage: { source: 'provider', outputTokens: TOKENS.length },
    })
  })

  it('writes no block without data, heartbeats included', async () => {
    await start({
      chat: { heartbeatMs: 10 },
      simulator: { firstTokenMs: 60, tokensPerSecond: 20, answer: () => ['a', 'b'] },
    })
    const text = await (await post(QUESTION)).text()
    expect(text).toContain(': ping\n')
    const blocks = text.split('\n\n').slice(0, -1)
    for (const block of blocks) expect(block).toMatch(/^data: /m)
    expect(text).not.toContain('event:')
  })

  it('attaches when the same id and body come again, also at once', async () => {
    await start()
    const both = await Promise.all([post(QUESTION), post(QUESTION)])
    const [first, second] = await Promise.all(both.map(allEvents))
    expect(first).toEqual(second)
    expect(textOf(first ?? [])).toBe(ANSWER)
    expect(server.simulator.stats.requests).toHaveLength(1)
  })

  it('refuses another body under the same id', async () => {
    await start()
    const first = await post(QUESTION)
    const second = await post({ ...QUESTION, model: 'other' })
    expect(second.status).toBe(409)
    expect(await second.json()).toMatchObject({ error: { code: 'run_conflict' } })
    await first.body?.cancel()
  })

  it('gathers the answer where no stream was asked for', async () => {
    await start()
    const response = await post({ ...QUESTION, stream: false }, {})
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
      usage: { completion_tokens: TOKENS.length },
    })
  })

  it('reads a body that express.json() has read before', async () => {
    await start({ before: (app) => app.use(express.json()) })
    expect(textOf(await allEvents(await post(QUESTION)))).toBe(ANSWER)
  })

  it('keeps its own field from the provider, and lets prepare change the request', async () => {
    let seen: unknown
    await start({
      simulator: {
        answer: (request) => {
          seen = request
          return 'ok'
        },
      },
      chat: { prepare: (request) => ({ ...request, model: 'cheaper' }) },
    })
    await allEvents(await post({ ...QUESTION, sluice: { thread: 't1' } }))
    expect(seen).toMatchObject({ model: 'cheaper' })
    expect(JSON.stringify(seen)).not.toContain('sluice')
  })
})

describe('a bad request', () => {
  it.each([
    ['malformed JSON', '{"model":', 400],
    ['an array', '[]', 400],
    ['no messages', { model: 'any' }, 400],
    ['empty messages', { model: 'any', messages: [] }, 400],
    ['no model', { messages: QUESTION.messages }, 400],
    ['several answers', { ...QUESTION, n: 2 }, 400],
    ['ids that are none', { ...QUESTION, sluice: { thread: 7 } }, 400],
    ['a body that is too large', { ...QUESTION, padding: 'x'.repeat(2_000) }, 413],
  ])('%s is refused with OpenAI’s error object', async (_, body, status) => {
    await start({ chat: { limits: { bodyBytes: 1_000 } } })
    const response = await post(body)
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', code: 'invalid_request' },
    })
    expect(server.simulator.stats.requests).toHaveLength(0)
  })

  it('is refused when it is too large, though it does not say so beforehand', async () => {
    await start({ chat: { limits: { bodyBytes: 1_000 } } })
    const req = httpRequest(`${server.api}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
    })
    for (let i = 0; i < 10; i += 1) req.write('x'.repeat(500))
    req.end()
    const [response] = await once(req, 'response')
    expect(response.statusCode).toBe(413)
    response.resume()
  })

  it('is refused when it is not JSON by its type', async () => {
    await start()
    expect((await post(QUESTION, { 'content-type': 'text/plain' })).status).toBe(415)
  })

  it('is refused when its Run-Id is no UUID', async () => {
    await start()
    expect((await post(QUESTION, { 'run-id': 'mine' })).status).toBe(400)
  })

  it.each([
    ['GET', 'runs/nobody', 404],
    ['GET', `runs/${OTHER_ID}`, 404],
    ['GET', `runs/${OTHER_ID}/events`, 404],
    ['GET', 'runs', 400],
    ['GET', 'chat/completions', 405],
  ])('%s %s is %i', async (method, path, status) => {
    await start()
    const response = await fetch(`${server.api}/${path}`, { method })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } })
  })

  it('for a path that is not ours goes on to the app', async () => {
    await start({ before: (app) => app.get('/v1/embeddings', (_, res) => void res.json({ mine: true })) })
    expect(await (await fetch(`${server.api}/embeddings`)).json()).toEqual({ mine: true })
    expect((await fetch(`${server.api}/nothing`)).status).toBe(404)
  })
})

describe('a provider that fails', () => {
  it('is a 502 when it cannot be reached', async () => {
    await start()
    await server.simulator.close()
    const response = await post(QUESTION)
    expect(response.status).toBe(502)
    expect(await response.json()).toMatchObject({ error: { code: 'network' } })
  })

  it.each([
    ['unauthorized', 401],
    ['server-error', 500],
    ['rate-limit', 429],
  ])('with %s before the head keeps its status, and tells no secret', async (scenario, status) => {
    const told: unknown[] = []
    await start({ chat: { onError: (error) => told.push(error) } })
    const response = await post({ ...QUESTION, model: `simulator/${scenario}` })
    expect(response.status).toBe(status)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String), code: expect.any(String) } })
    expect(text).not.toContain(SIMULATED_SECRET)
    expect(told).toHaveLength(1)
  })

  it('that is too busy passes on how long to wait', async () => {
    await start()
    const response = await post({ ...QUESTION, model: 'simulator/rate-limit' })
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it.each([
    ['cut', 'incomplete', 'truncated'],
    ['truncated', 'incomplete', 'truncated'],
    ['error', 'failed', 'provider'],
  ])('with %s after it ends the stream %s, with the text kept', async (scenario, status, code) => {
    await start()
    const events = await allEvents(await post({ ...QUESTION, model: `simulator/${scenario}` }))
    expect(endOf(events)).toMatchObject({ status, error: { code } })
    expect(events.at(-2)?.data).toMatchObject({ error: { message: expect.any(String) } })
    expect(events.at(-1)?.data).toBe('[DONE]')
    expect(textOf(events)).not.toBe('')
    expect(ANSWER.startsWith(textOf(events))).toBe(true)
    expect(JSON.stringify(events)).not.toContain(SIMULATED_SECRET)
  })

  it('loses one malformed chunk, and counts it', async () => {
    await start()
    const events = await allEvents(await post({ ...QUESTION, model: 'simulator/malformed' }))
    expect(endOf(events)).toMatchObject({ status: 'completed', skippedChunks: 1 })
  })
})

describe('a rejoin', () => {
  it('goes on exactly behind the event it names, while running and after the end', async () => {
    await start()
    const response = await post(QUESTION)
    const reader = await readSome(response)
    const early = await fetch(`${server.api}/runs/${ID}/events?after=3`)
    const whole = await rest(reader)
    const tail = await allEvents(early)
    expect(tail[0]?.id).toBe('4')
    expect(tail.slice(-10)).toEqual(whole.slice(-10))
    const late = await fetch(`${server.api}/runs/${ID}/events`, { headers: { 'last-event-id': '3' } })
    expect(await allEvents(late)).toEqual(tail)
  })

  it('is a 204 when there is nothing more to see', async () => {
    await start()
    const events = await allEvents(await post(QUESTION))
    const response = await fetch(`${server.api}/runs/${ID}/events?after=${events.at(-2)?.id}`)
    expect(response.status).toBe(204)
  })

  it('is a 409 behind a trimmed log', async () => {
    await start({ chat: { limits: { runEvents: 5 } } })
    await allEvents(await post(QUESTION))
    const response = await fetch(`${server.api}/runs/${ID}/events?after=1`)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({ error: { code: 'resume_gap' } })
  })

  it('finds the run by its thread, with the question and the answer so far', async () => {
    await start()
    const sluice = { thread: 't1', parent: 'm1', message: 'm2' }
    const reader = await readSome(await post({ ...QUESTION, sluice }))
    const list = await (await fetch(`${server.api}/runs?thread=t1`)).json()
    expect(list).toMatchObject({
      object: 'list',
      data: [{ object: 'run', id: ID, status: 'streaming', thread: 't1', parent: 'm1', input: QUESTION.messages }],
    })
    const { message, lastEventId } = list.data[0]
    expect(message).toMatchObject({ id: 'm2', role: 'assistant' })
    const tail = await allEvents(await fetch(`${server.api}/runs/${ID}/events?after=${lastEventId}`))
    expect(message.text + textOf(tail)).toBe(ANSWER)
    await rest(reader)
    expect(await (await fetch(`${server.api}/runs?thread=other`)).json()).toEqual({ object: 'list', data: [] })
  })
})

describe('a cancel', () => {
  it('closes the provider’s socket, answers 202, and ends every viewer’s stream', async () => {
    await start({ simulator: { tokensPerSecond: 50 } })
    const mine = await readSome(await post(QUESTION))
    const theirs = await fetch(`${server.api}/runs/${ID}/events`)
    const asked = Date.now()
    const response = await cancel()
    expect(response.status).toBe(202)
    const run = await response.json()
    expect(run).toMatchObject({
      object: 'run',
      id: ID,
      status: 'cancelled',
      cancellation: { requestedBy: 'user', upstream: 'closed', billing: 'unknown' },
      usage: { source: 'estimated' },
    })
    await until('the provider saw its socket close', () => server.simulator.stats.open === 0)
    const [seen] = server.simulator.stats.requests
    expect(seen).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
    expect(seen?.tokenTimes.filter((time) => time > asked).length).toBeLessThanOrEqual(2)
    for (const events of [await rest(mine), await allEvents(theirs)]) {
      expect(endOf(events)).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
      expect(events.at(-2)?.data).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
      expect(events.at(-1)?.data).toBe('[DONE]')
    }
  })

  it('may come twice, and after the end', async () => {
    await start()
    await readSome(await post(QUESTION))
    const [first, second] = await Promise.all([cancel(), cancel()])
    expect(await first.json()).toEqual(await second.json())
    expect(await (await cancel()).json()).toMatchObject({ status: 'cancelled' })
    await allEvents(await post(QUESTION, { 'run-id': OTHER_ID }))
    expect(await (await cancel(OTHER_ID)).json()).toMatchObject({ status: 'completed', cancellation: null })
  })

  it('that comes before the start keeps the provider from ever being asked', async () => {
    await start()
    expect(await (await cancel()).json()).toMatchObject({
      status: 'cancelled',
      cancellation: { upstream: 'not-started' },
    })
    const late = await post(QUESTION)
    expect(late.status).toBe(409)
    expect(await late.json()).toMatchObject({ error: { code: 'run_cancelled' } })
    expect(server.simulator.stats.requests).toHaveLength(0)
  })

  it('that comes before the provider’s head ends the stream of the one who started', async () => {
    await start({ simulator: { firstTokenMs: 5_000 } })
    const response = post(QUESTION)
    await until('the provider was asked', () => server.simulator.stats.open === 1)
    await cancel()
    expect(endOf(await allEvents(await response))).toMatchObject({ status: 'cancelled' })
    await until('the provider saw its socket close', () => server.simulator.stats.open === 0)
  })
})

describe('a viewer that leaves', () => {
  it('does not stop the run, and may come back', async () => {
    await start()
    await (await readSome(await post(QUESTION))).return()
    expect(textOf(await allEvents(await fetch(`${server.api}/runs/${ID}/events`)))).toBe(ANSWER)
  })

  it('stops it when nobody has come back within the grace', async () => {
    const settled: RunOutcome[] = []
    await start({ chat: { onDisconnect: { graceMs: 30 }, onSettled: (outcome) => void settled.push(outcome) } })
    await (await readSome(await post(QUESTION))).return()
    await until('the run was settled', () => settled.length === 1)
    expect(settled[0]).toMatchObject({ status: 'cancelled', cancellation: { requestedBy: 'disconnect' } })
    expect(server.simulator.stats.produced).toBeLessThan(TOKENS.length)
  })

  it('stops a run without a Run-Id at once', async () => {
    await start({ chat: { onDisconnect: 'continue' } })
    await (await readSome(await post(QUESTION, {}))).return()
    await until('the provider saw its socket close', () => server.simulator.stats.open === 0)
    expect(server.simulator.stats.requests[0]?.outcome).toBe('hung-up')
  })

  it('leaves a run going where the policy is to continue', async () => {
    const settled: RunOutcome[] = []
    await start({ chat: { onDisconnect: 'continue', onSettled: (outcome) => void settled.push(outcome) } })
    await (await readSome(await post(QUESTION))).return()
    await until('the run was settled', () => settled.length === 1)
    expect(settled[0]).toMatchObject({ status: 'completed', message: { text: ANSWER } })
  })
})

describe('an owner', () => {
  it('is asked for first, and never meets another owner’s runs', async () => {
    await start({
      chat: {
        authorize: (req) => {
          const owner = req.get('authorization')
          return owner === undefined ? null : { owner }
        },
      },
    })
    expect((await post(QUESTION)).status).toBe(401)
    expect(server.simulator.stats.requests).toHaveLength(0)
    const ann = { 'run-id': ID, authorization: 'ann' }
    const reader = await readSome(await post({ ...QUESTION, sluice: { thread: 't1' } }, ann))
    const bob = { headers: { authorization: 'bob' } }
    expect((await fetch(`${server.api}/runs/${ID}`, bob)).status).toBe(404)
    expect((await fetch(`${server.api}/runs/${ID}/events`, bob)).status).toBe(404)
    expect(await (await fetch(`${server.api}/runs?thread=t1`, bob)).json()).toEqual({ object: 'list', data: [] })
    await fetch(`${server.api}/runs/${ID}/cancel`, { method: 'POST', ...bob })
    expect(textOf(await rest(reader))).not.toBe('')
    expect(endOf(await allEvents(await fetch(`${server.api}/runs/${ID}/events`, { headers: ann })))).toMatchObject({
      status: 'completed',
    })
  })

  it('may have only so many runs at a time', async () => {
    await start({ chat: { limits: { runsPerOwner: 1 } } })
    const first = await post(QUESTION)
    const second = await post(QUESTION, { 'run-id': OTHER_ID })
    expect(second.status).toBe(429)
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0)
    await first.body?.cancel()
  })
})

describe('the hooks', () => {
  it('are told of a start and of an end once, and a throw in the latter harms nothing', async () => {
    const calls: string[] = []
    const errors: unknown[] = []
    await start({
      chat: {
        onStart: ({ runId, thread }) => void calls.push(`start ${runId} ${thread}`),
        onSettled: (outcome, { runId, attempt }) => {
          calls.push(`settled ${runId} ${outcome.status} ${attempt}`)
          throw new Error('the database is away')
        },
        onError: (error) => errors.push(error),
      },
    })
    const events = await allEvents(await post({ ...QUESTION, sluice: { thread: 't1' } }))
    expect(endOf(events)).toMatchObject({ status: 'completed' })
    await until('the error was told', () => errors.length === 1)
    expect(calls).toEqual([`start ${ID} t1`, `settled ${ID} completed 1`])
  })
})

describe('an onError that throws', () => {
  it('takes no answer with it', async () => {
    const away = (): never => {
      throw new Error('the database is away')
    }
    await start({ chat: { authorize: away, onError: away } })
    const response = await post(QUESTION)
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('database')
  })
})

describe('shutdown', () => {
  it('refuses new runs, breaks off the rest with their text, and lets the server close', async () => {
    await start()
    const reader = await readSome(await post(QUESTION))
    const down = server.shutdown({ graceMs: 20 })
    expect((await post(QUESTION, { 'run-id': OTHER_ID })).status).toBe(503)
    await down
    const events = await rest(reader)
    expect(endOf(events)).toMatchObject({ status: 'incomplete', error: { code: 'server_shutdown' } })
    await until('the provider saw its socket close', () => server.simulator.stats.open === 0)
    await server.stopListening()
  })
})
