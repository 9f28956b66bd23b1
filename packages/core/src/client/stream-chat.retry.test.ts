import type { ServerResponse } from 'node:http'
import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChat, streamChat, type ChatRun, type Fetch } from '../index.ts'
import { createRunId } from '../run/run-id.ts'
import { openaiCompatible } from '../server/index.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { startProvider, textChunk, writeEvents, type ProviderCall, type ScriptedProvider } from '../testing/provider.ts'
import { startSluiceServer, type SluiceServer } from '../testing/sluice-server.ts'
import { until } from '../testing/until.ts'
import { startChatRun } from './stream-chat.ts'

const REQUEST = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] }

let other: ScriptedProvider | undefined

afterEach(async () => {
  await other?.close()
  other = undefined
})

/** Another end that does what it is told for each request in turn, and for the last one again and again. */
async function start(...answers: readonly ((res: ServerResponse, call: ProviderCall) => void)[]): Promise<string> {
  other = await startProvider((res, call) =>
    answers[Math.min(other?.calls.length ?? 0, answers.length) - 1]?.(res, call),
  )
  return other.url
}

function refuse(status: number, headers: Record<string, string> = { 'retry-after': '0' }, body: unknown = null) {
  return (res: ServerResponse): void => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
}

/** What a Sluice server answers in its own words. */
function refuseAsServer(status: number, code: string) {
  const body = { error: { message: 'No.', type: status < 500 ? 'invalid_request_error' : 'server_error', code } }
  return refuse(status, { 'retry-after': '0' }, body)
}

const answer = (res: ServerResponse): void => void writeEvents(res, textChunk('Hi', 'stop'), '[DONE]').end()

function answerAsServer(res: ServerResponse): void {
  const end = { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], sluice: { status: 'completed' } }
  writeEvents(res, textChunk('Hi', 'stop'), end, '[DONE]').end()
}

const askProvider = (baseURL: string, maxRetries?: number): ChatRun =>
  streamChat({ ...REQUEST, baseURL, ...(maxRetries !== undefined && { maxRetries }) })
const askServer = (api: string, maxRetries?: number): ChatRun =>
  streamChat({ ...REQUEST, api, ...(maxRetries !== undefined && { maxRetries }) })

const starts = (): readonly ProviderCall[] => (other?.calls ?? []).filter(({ path }) => path.endsWith('/completions'))
const names = (): readonly unknown[] => starts().map(({ headers }) => headers['run-id'])

describe('a start that a provider refuses', () => {
  it.each([408, 429, 500, 502, 503, 529])('is sent again after an answered %i', async (status) => {
    const run = askProvider(await start(refuse(status), answer))
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi' } })
    expect(starts()).toHaveLength(2)
  })

  it.each([400, 401, 403, 404, 409, 413, 422, 307])('is not sent again after an answered %i', async (status) => {
    const run = askProvider(await start(refuse(status), answer))
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { status } })
    expect(starts()).toHaveLength(1)
  })

  it('is sent again twice, if not told otherwise, and then fails with the last refusal', async () => {
    const run = askProvider(await start(refuse(500), refuse(503), refuse(429)))
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'rate_limited', retryAfterMs: 0 } })
    expect(starts()).toHaveLength(3)
  })

  it('is sent again as often as `maxRetries` says', async () => {
    for (const maxRetries of [0, 1, 4]) {
      await askProvider(await start(refuse(500)), maxRetries).outcome
      expect(starts()).toHaveLength(maxRetries + 1)
      await other?.close()
    }
  })

  it('is not sent again where the connection broke: it may have been heard, and billed', async () => {
    const run = askProvider(await start((res) => res.destroy(), answer))
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'network' } })
    expect(starts()).toHaveLength(1)
  })

  it('is not sent again once the head came, whatever comes then', async () => {
    const endings: readonly ((res: ServerResponse) => void)[] = [
      (res) => void writeEvents(res).end(),
      (res) => void setTimeout(() => res.destroy(), 20),
      (res) => void writeEvents(res, { error: { code: 429, message: 'Slow down.' } }).end(),
      (res) => void writeEvents(res, textChunk('Hi')).end(),
    ]
    for (const ending of endings) {
      const run = askProvider(await start((res) => ending(writeEvents(res)), answer))
      expect(['failed', 'incomplete']).toContain((await run.outcome).status)
      expect(starts()).toHaveLength(1)
      await other?.close()
    }
  })

  it('stays submitted while it waits, and a cancel then settles at once, with nothing begun', async () => {
    const run = askProvider(await start(refuse(429, { 'retry-after': '20' }), answer))
    await until('the refusal came', () => other?.calls.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(run.state).toBe('submitted')
    const outcome = run.cancel()
    expect(run.state).toBe('cancelled')
    expect(await outcome).toMatchObject({
      status: 'cancelled',
      usage: { source: 'unknown' },
      cancellation: { upstream: 'not-started', billing: 'stopped' },
    })
    expect(starts()).toHaveLength(1)
  })
})

describe('the wait for a retry', () => {
  /** A provider that refuses with 429, on a clock of the test's own. */
  function refused(retryAfter: string | undefined) {
    const clock = createFakeClock()
    const asked: number[] = []
    const fetch: Fetch = async () => {
      asked.push(clock.now())
      return new Response(null, { status: 429, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } })
    }
    const run = startChatRun({ ...REQUEST, baseURL: 'http://localhost/v1', fetch }, createRunId(), {}, clock)
    return { run, clock, asked }
  }

  it('is as long as the seconds of Retry-After', async () => {
    const { run, clock, asked } = refused('30')
    await clock.advance(29_999)
    expect(asked).toEqual([0])
    await clock.advance(30_001)
    expect(asked).toEqual([0, 30_000, 60_000])
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { retryAfterMs: 30_000 } })
  })

  it('is as long as until the date of Retry-After', async () => {
    const { clock, asked } = refused(new Date(Date.now() + 20_000).toUTCString())
    await clock.advance(15_000)
    expect(asked).toEqual([0])
    await clock.advance(5_000)
    expect(asked).toHaveLength(2)
  })

  it('is not begun where it would be longer than 30 s: the run fails at once, and says how long', async () => {
    const { run, clock, asked } = refused('31')
    await clock.advance(0)
    expect(await run.outcome).toMatchObject({
      status: 'failed',
      error: { code: 'rate_limited', status: 429, retryAfterMs: 31_000 },
    })
    expect(asked).toEqual([0])
  })

  it('grows from some 500 ms where nobody says how long, and each try has its own time for a head', async () => {
    const { run, clock, asked } = refused(undefined)
    await clock.advance(2_000)
    const [first = 0, second = 0, third = 0] = asked
    expect(second - first).toBeGreaterThanOrEqual(250)
    expect(second - first).toBeLessThanOrEqual(500)
    expect(third - second).toBeGreaterThanOrEqual(500)
    expect(third - second).toBeLessThanOrEqual(1000)
    expect((await run.outcome).status).toBe('failed')
  })

  it('does not count against the time for a head', async () => {
    const clock = createFakeClock()
    let asked = 0
    const fetch: Fetch = async () => {
      asked += 1
      if (asked > 1) return new Promise<Response>(() => {})
      return new Response(null, { status: 429, headers: { 'retry-after': '30' } })
    }
    const run = startChatRun({ ...REQUEST, baseURL: 'http://localhost/v1', fetch }, createRunId(), {}, clock)
    await clock.advance(89_999)
    expect(run.state).toBe('submitted')
    await clock.advance(1)
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })
})

describe('a start that a Sluice server refuses', () => {
  it('is sent again under a fresh name, which is then the run’s', async () => {
    const run = askServer(await start(refuseAsServer(429, 'rate_limited'), answerAsServer))
    const first = run.id
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi' } })
    expect(names()).toEqual([first, run.id])
    expect(run.id).not.toBe(first)
  })

  it('is sent again under the same name where a proxy refused it: the run may have begun behind it', async () => {
    const run = askServer(await start(refuse(502), refuse(503), answerAsServer))
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi' } })
    expect(names()).toEqual([run.id, run.id, run.id])
  })

  it('is not sent again where the server lost its provider: that one may have begun', async () => {
    for (const [status, code] of [
      [502, 'network'],
      [504, 'timeout'],
      [502, 'provider'],
      [502, 'protocol'],
    ] as const) {
      const run = askServer(await start(refuseAsServer(status, code), answerAsServer))
      expect(await run.outcome).toMatchObject({ status: 'failed', error: { code, status } })
      expect(starts()).toHaveLength(1)
      await other?.close()
    }
  })

  it('is sent again under the same name where the connection broke, and as often as it takes', async () => {
    const lose = (res: ServerResponse): void => void res.destroy()
    const run = askServer(await start(lose, lose, lose, answerAsServer), 0)
    expect(await run.outcome).toMatchObject({ status: 'completed' })
    expect(new Set(names())).toEqual(new Set([run.id]))
    expect(names()).toHaveLength(4)
  })

  it('settles at once, and asks nobody, when it is cancelled while it waits for a fresh name', async () => {
    const busy = { error: { message: 'Too many runs.', type: 'invalid_request_error', code: 'rate_limited' } }
    const run = askServer(await start(refuse(429, { 'retry-after': '20' }, busy), answerAsServer))
    const first = run.id
    await until('the refusal came', () => run.id !== first)
    const outcome = run.cancel()
    expect(run.state).toBe('cancelled')
    expect(await outcome).toMatchObject({ cancellation: { upstream: 'not-started', billing: 'stopped' } })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(other?.calls).toHaveLength(1)
  })

  describe('because its provider was too busy the first time', () => {
    let asked: string[]
    let simulator: Simulator
    let server: SluiceServer

    beforeEach(async () => {
      asked = []
      simulator = await createSimulator({
        tokensPerSecond: Infinity,
        scenario: ({ model }) => (asked.push(model) === 1 ? 'rate-limit' : 'normal'),
      })
      server = await startSluiceServer({ source: openaiCompatible({ baseURL: simulator.url }) })
    })

    afterEach(async () => {
      await server.close()
      await simulator.close()
    })

    it('brings one answer, and one bill', async () => {
      const outcome = await askServer(server.api).outcome
      expect(outcome.status).toBe('completed')
      expect(asked).toHaveLength(2)
      expect(outcome.usage.outputTokens).toBe(simulator.stats.billed)
    })

    it('is one answer to whoever finds the thread later, and not the refusal', async () => {
      const options = { api: server.api, model: 'any', id: 'thread' }
      const { message } = await createChat(options).sendMessage({ text: 'Hello' })
      const again = createChat(options)
      await again.resumeStream()
      expect(again.getSnapshot().messages).toMatchObject([
        { role: 'user', text: 'Hello' },
        { role: 'assistant', text: message.text, outcome: { status: 'completed' } },
      ])
    })
  })
})
