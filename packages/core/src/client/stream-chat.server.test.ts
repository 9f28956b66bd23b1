import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { streamChat, type ChatDelta, type ChatRun, type ServerRunOptions } from '../index.ts'
import { openaiCompatible } from '../server/index.ts'
import { startProvider } from '../testing/provider.ts'
import { startSluiceServer, type SluiceServer } from '../testing/sluice-server.ts'
import { until } from '../testing/until.ts'

const TOKENS = Array.from({ length: 60 }, (_, i) => `t${i} `)
const ANSWER = TOKENS.join('')
const NOBODYS = '00000000-0000-4000-8000-000000000000'
const LONG = Array.from({ length: 1000 }, (_, i) => `t${i} `)

let simulator: Simulator
let server: SluiceServer

beforeEach(async () => {
  const answer = ({ model }: { readonly model: string }): readonly string[] => (model === 'long' ? LONG : TOKENS)
  simulator = await createSimulator({ answer, tokensPerSecond: 200, firstTokenMs: 20 })
  server = await startSluiceServer({ source: openaiCompatible({ baseURL: simulator.url }) })
})

afterEach(async () => {
  await server.close()
  await simulator.close()
})

function ask(options: Partial<ServerRunOptions> = {}): ChatRun {
  return streamChat({ api: server.api, model: 'any', messages: [{ role: 'user', content: 'Hello' }], ...options })
}

async function textOf(run: AsyncIterable<ChatDelta>): Promise<string> {
  let text = ''
  for await (const delta of run) text += delta.text ?? ''
  return text
}

describe('streamChat at a Sluice server', () => {
  it('delivers the whole answer, with the usage that the provider counted', async () => {
    const run = ask()
    expect(await textOf(run)).toBe(ANSWER)
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'stop', skippedChunks: 0 })
    expect(outcome.message.text).toBe(ANSWER)
    expect(outcome.usage).toMatchObject({ source: 'provider', outputTokens: TOKENS.length })
    expect(run.state).toBe('completed')
  })

  it('stops at the provider, and says so', async () => {
    const run = ask()
    await until('some text came', () => run.text.length > 20)
    const outcome = await run.cancel()
    expect(outcome).toMatchObject({
      status: 'cancelled',
      cancellation: { requestedBy: 'user', upstream: 'closed', billing: 'unknown' },
    })
    expect(outcome.message.text).toBe(run.text)
    expect(ANSWER.startsWith(run.text)).toBe(true)
    await until('the provider saw its socket close', () => simulator.stats.open === 0)
    expect(simulator.stats.requests[0]).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
    expect(simulator.stats.produced).toBeLessThan(TOKENS.length)
  })

  it('keeps the text of the instant of cancel, and delivers nothing after it', async () => {
    const run = ask()
    let heard = ''
    let atCancel: string | undefined
    for await (const delta of run) {
      expect(atCancel).toBeUndefined()
      heard += delta.text ?? ''
      if (heard.length < 30) continue
      atCancel = run.text
      void run.cancel()
    }
    expect((await run.outcome).message.text).toBe(atCancel)
  })

  it('sends nothing when it is cancelled in the tick of its start', async () => {
    const run = ask()
    expect(await run.cancel()).toMatchObject({
      status: 'cancelled',
      cancellation: { upstream: 'not-started', billing: 'stopped' },
    })
    expect(server.requests).toEqual([])
  })

  it('stops a run that is still waiting for its head', async () => {
    const silent = await startProvider(() => {})
    const behind = await startSluiceServer({ source: openaiCompatible({ baseURL: silent.url }) })
    const run = ask({ api: behind.api })
    await until('the provider was asked', () => silent.calls.length === 1)
    expect(await run.cancel()).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    await until('the provider saw its socket close', () => silent.calls[0]?.left === true)
    await behind.close()
    await silent.close()
  })

  it('rejoins after a dropped connection, and loses or doubles nothing', async () => {
    const run = ask()
    const heard = textOf(run)
    for (const length of [30, 90, 150]) {
      await until('more text came', () => run.text.length > length)
      server.dropConnections()
    }
    expect(await heard).toBe(ANSWER)
    expect((await run.outcome).status).toBe('completed')
    expect(server.requests.filter((request) => request.startsWith('POST'))).toHaveLength(1)
    expect(simulator.stats.requests).toHaveLength(1)
  })

  it('tells that it is reconnecting, and can be cancelled then', async () => {
    let down = false
    const run = ask({
      model: 'long',
      fetch: (url, init) =>
        down && !url.endsWith('/cancel') ? Promise.reject(new TypeError('offline')) : fetch(url, init),
    })
    await until('some text came', () => run.text.length > 20)
    down = true
    server.dropConnections()
    await until('the loss was noticed', () => run.state === 'reconnecting')
    expect(await run.cancel()).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    await until('the provider saw its socket close', () => simulator.stats.open === 0)
  })

  it('sends a lost cancel again until it is answered', async () => {
    let failures = 0
    const run = ask({
      model: 'long',
      fetch(url, init) {
        if (!url.endsWith('/cancel') || failures === 2) return fetch(url, init)
        failures += 1
        return Promise.reject(new TypeError('offline'))
      },
    })
    await until('some text came', () => run.text.length > 20)
    expect(await run.cancel()).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    expect(failures).toBe(2)
  })

  it('stops what it gives up itself, also where the first words of that are lost', async () => {
    const slow = await createSimulator({ answer: () => LONG, firstTokenMs: 60_000 })
    const behind = await startSluiceServer({ source: openaiCompatible({ baseURL: slow.url }) })
    let failures = 0
    const run = ask({
      api: behind.api,
      timeouts: { firstChunkMs: 50 },
      fetch(url, init) {
        if (!url.endsWith('/cancel')) return fetch(url, init)
        expect(init.keepalive).toBe(true)
        if (failures === 2) return fetch(url, init)
        failures += 1
        return failures === 1
          ? Promise.reject(new TypeError('offline'))
          : Promise.resolve(new Response('busy', { status: 503 }))
      },
    })
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect(slow.stats.open).toBe(1)
    await until('the provider saw its socket close', () => slow.stats.open === 0)
    expect(slow.stats.requests[0]).toMatchObject({ outcome: 'hung-up', produced: 0 })
    await behind.close()
    await slow.close()
  })

  it('is refused under a name that another request has', async () => {
    const run = ask()
    await until('some text came', () => run.text.length > 20)
    const other = ask({ runId: run.id, messages: [{ role: 'user', content: 'Another question' }] })
    expect(await other.outcome).toMatchObject({ status: 'failed', error: { code: 'run_conflict', status: 409 } })
    expect((await run.outcome).message.text).toBe(ANSWER)
    expect(simulator.stats.requests).toHaveLength(1)
  })

  it('leaves without stopping', async () => {
    const run = ask()
    await until('some text came', () => run.text.length > 20)
    run.detach()
    expect(await run.outcome).toMatchObject({ status: 'incomplete', detached: true })
    const again = ask({ runId: run.id })
    expect(await textOf(again)).toBe(ANSWER)
    expect(simulator.stats.requests).toHaveLength(1)
  })

  it('throws out of the loop of a viewer whose run somebody else has stopped', async () => {
    const run = ask()
    const other = ask({ runId: run.id })
    await until('both read', () => run.text.length > 20 && other.text.length > 20)
    const loop = textOf(other).catch((error: unknown) => error)
    await run.cancel()
    expect(await loop).toMatchObject({ code: 'run_cancelled' })
    expect(await other.outcome).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
  })

  it('cancels when its loop is left with break', async () => {
    const run = ask()
    for await (const _ of run) break
    expect(await run.outcome).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    await until('the provider saw its socket close', () => simulator.stats.open === 0)
  })

  it('cancels when its signal aborts, also one that was aborted before', async () => {
    const controller = new AbortController()
    const run = ask({ signal: controller.signal })
    await until('some text came', () => run.text.length > 20)
    controller.abort()
    expect((await run.outcome).status).toBe('cancelled')
    expect(await ask({ signal: AbortSignal.abort() }).outcome).toMatchObject({
      cancellation: { upstream: 'not-started' },
    })
  })

  it('ends failed, with the server’s words, when the provider cannot be reached', async () => {
    await simulator.close()
    const run = ask()
    await expect(textOf(run)).rejects.toMatchObject({ code: 'network', status: 502 })
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'network' } })
  })

  it('ends incomplete, with the text kept, when the provider breaks off', async () => {
    const run = ask({ model: 'simulator/cut' })
    await expect(textOf(run)).rejects.toMatchObject({ code: 'truncated' })
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'incomplete', usage: { source: 'estimated' } })
    expect(outcome.message.text).not.toBe('')
    expect(ANSWER.startsWith(outcome.message.text)).toBe(true)
  })

  it('recovers the whole text when the log was trimmed before it could rejoin', async () => {
    const trimming = await startSluiceServer({
      source: openaiCompatible({ baseURL: simulator.url }),
      limits: { runEvents: 5 },
    })
    let down = false
    const run = ask({
      api: trimming.api,
      fetch: (url, init) => (down ? Promise.reject(new TypeError('offline')) : fetch(url, init)),
    })
    const heard = textOf(run)
    await until('some text came', () => run.text.length > 20)
    down = true
    trimming.dropConnections()
    const { produced } = simulator.stats
    await until('the log was trimmed', () => simulator.stats.produced > produced + 10)
    down = false
    expect(await heard).toBe(ANSWER)
    expect(trimming.requests).toContain(`GET /runs/${run.id}`)
    await trimming.close()
  })

  it('recovers tool calls in the middle of their arguments', async () => {
    const trimming = await startSluiceServer({
      source: openaiCompatible({ baseURL: simulator.url }),
      limits: { runEvents: 3 },
    })
    const messages = [{ role: 'user', content: 'word '.repeat(60) }]
    const whole = (await ask({ model: 'simulator/tool-calls-mixed', messages }).outcome).message
    let down = false
    const run = ask({
      api: trimming.api,
      model: 'simulator/tool-calls-mixed',
      messages,
      fetch: (url, init) => (down ? Promise.reject(new TypeError('offline')) : fetch(url, init)),
    })
    const { produced } = simulator.stats
    await until('both calls had begun', () => simulator.stats.produced > produced + 20)
    down = true
    trimming.dropConnections()
    await until('the log was trimmed', () => simulator.stats.produced > produced + 40)
    down = false
    const { status, message } = await run.outcome
    expect(status).toBe('completed')
    expect(message.parts).toEqual(whole.parts)
    expect(message.parts.filter(({ type }) => type === 'tool-call')).toHaveLength(2)
    expect(trimming.requests).toContain(`GET /runs/${run.id}`)
    await trimming.close()
  })

  it('ends incomplete when the server has forgotten the run, and asks for no second answer', async () => {
    const run = ask({
      model: 'long',
      fetch: (url, init) => (url.includes('/events') ? fetch(`${server.api}/runs/${NOBODYS}`, init) : fetch(url, init)),
    })
    await until('some text came', () => run.text.length > 20)
    server.dropConnections()
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'incomplete', error: { code: 'producer_lost' } })
    expect(outcome.message.text).toBe(run.text)
    expect(server.requests.filter((request) => request.startsWith('POST /chat'))).toHaveLength(1)
  })

  it('ends with the server’s shutdown, and keeps the text', async () => {
    const run = ask({ model: 'long' })
    await until('some text came', () => run.text.length > 20)
    await server.close()
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'incomplete', error: { code: 'server_shutdown' } })
    expect(outcome.message.text.startsWith(LONG.slice(0, 5).join(''))).toBe(true)
  })

  it('refuses what JSON cannot write at once', () => {
    expect(() => ask({ body: { seed: 1n } })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it('refuses a run id that is no UUID at once', () => {
    expect(() => ask({ runId: 'mine' })).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})
