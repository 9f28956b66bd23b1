import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { streamChat, type ChatRun, type Fetch, type ProviderRunOptions, type RunOutcome } from '../index.ts'
import { startProvider, textChunk, writeEvents } from '../testing/provider.ts'
import { until } from '../testing/until.ts'

const LONG = Array.from({ length: 1000 }, (_, i) => `t${i} `)

let simulator: Simulator

beforeEach(async () => {
  simulator = await createSimulator({ answer: () => LONG, tokensPerSecond: 200, firstTokenMs: 60 })
})

afterEach(() => simulator.close())

function ask(options: Partial<ProviderRunOptions> = {}): ChatRun {
  return streamChat({
    baseURL: simulator.url,
    model: 'any',
    messages: [{ role: 'user', content: 'Hello' }],
    ...options,
  })
}

/** The ways to stop, each with the moment at which it is done. */
const WAYS: Readonly<Record<string, Way>> = {
  'after some tokens': { when: someTokens, how: (run) => run.cancel() },
  'after some tokens, twice': { when: someTokens, how: (run) => (void run.cancel('first'), run.cancel('second')) },
  'after some tokens, by its signal': {
    when: someTokens,
    how: (run, controller) => (controller.abort(new Error('The page was left.')), run.outcome),
  },
  'before any token': {
    when: () => until('it was asked', () => simulator.stats.open === 1),
    how: (run) => run.cancel(),
  },
  'in the tick of its start': { when: () => undefined, how: (run) => run.cancel() },
  'in the tick of its start, by its signal': {
    when: () => undefined,
    how: (run, controller) => (controller.abort(), run.outcome),
  },
}

interface Way {
  readonly when: (run: ChatRun) => Promise<void> | undefined
  readonly how: (run: ChatRun, controller: AbortController) => Promise<RunOutcome>
}

function someTokens(run: ChatRun): Promise<void> {
  return until('some text came', () => run.text.length > 30)
}

/** How long a stop took, in ms, and how many tokens were made after it. */
interface Measure {
  readonly settledMs: number
  readonly closedMs: number
  readonly tokens: number
}

async function stopOnce({ when, how }: Way): Promise<Measure> {
  const controller = new AbortController()
  const run = ask({ signal: controller.signal })
  const asked = simulator.stats.requests.length
  const heard: string[] = []
  const loop = (async () => {
    for await (const { text } of run) heard.push(text ?? '')
  })()
  const moment = when(run)
  if (moment !== undefined) await moment // else not even a microtask passes
  const { text } = run
  const deltas = heard.length
  const { produced } = simulator.stats
  const at = performance.now()
  const stopping = how(run, controller)
  expect(run.text).toBe(text)
  const outcome = await stopping
  const settledMs = performance.now() - at
  await until('the socket was closed', () => simulator.stats.open === 0)
  const tokens = simulator.stats.produced - produced

  await loop // which ends quietly: this side has stopped the run
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(run.text).toBe(text)
  expect(outcome.message.text).toBe(text)
  expect(heard.length).toBeLessThanOrEqual(deltas + 1) // one may have been on its way to the loop already
  expect(text.startsWith(heard.join(''))).toBe(true)
  expect(await run.outcome).toBe(outcome)
  const request = simulator.stats.requests[asked]
  expect(outcome).toMatchObject({
    status: 'cancelled',
    cancellation: { requestedBy: 'user', upstream: request === undefined ? 'not-started' : 'closed' },
  })
  // Nobody but the provider counts for the provider: a stopped stream ends before its count.
  expect(outcome.usage.source).toBe(text === '' ? 'unknown' : 'estimated')
  return { settledMs, tokens, closedMs: (request?.closedAt ?? 0) - (performance.timeOrigin + at) }
}

describe.each(Object.entries(WAYS))('a run that is stopped %s', (_, way) => {
  it('keeps the text of that instant, settles and closes the socket within 100 ms, and lets at most 2 tokens be made', async () => {
    // On a machine that is busy with other things one measure says little; that a stop can be so fast, one is enough for.
    const slow: Measure[] = []
    for (let tries = 0; tries < 5; tries += 1) {
      const measure = await stopOnce(way)
      if (measure.settledMs < 100 && measure.closedMs < 100 && measure.tokens <= 2) return
      slow.push(measure)
    }
    expect(slow).toEqual([])
  }, 20_000)
})

describe('a run whose signal had aborted before it began', () => {
  it('asks nobody', async () => {
    const run = ask({ signal: AbortSignal.abort() })
    expect(run.state).toBe('cancelled')
    expect(await run.outcome).toMatchObject({ cancellation: { upstream: 'not-started', billing: 'stopped' } })
    for await (const delta of run) throw new Error(`Expected nothing, got ${JSON.stringify(delta)}.`)
    expect(simulator.stats.requests).toEqual([])
  })
})

describe('a stop before the head came', () => {
  it('closes the socket, and the loop ends quietly', async () => {
    const provider = await startProvider(() => {})
    const run = ask({ baseURL: provider.url })
    await until('the provider was asked', () => provider.calls.length === 1)
    const at = performance.now()
    expect(await run.cancel()).toMatchObject({ status: 'cancelled', message: { text: '' } })
    expect(performance.now() - at).toBeLessThan(1_000)
    await until('the socket was closed', () => provider.calls[0]?.left === true)
    for await (const delta of run) throw new Error(`Expected nothing, got ${JSON.stringify(delta)}.`)
    await provider.close()
  })
})

describe('a stop that the transport takes no notice of', () => {
  /** A `fetch` whose signal and whose body both know no cancel. */
  const stubborn: Fetch = async (url, init) => {
    const response = await fetch(url, { ...init, signal: null })
    const reader = response.body?.getReader()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const read = await reader?.read()
        if (read?.value === undefined) controller.close()
        else controller.enqueue(read.value)
      },
      cancel: () => new Promise(() => {}),
    })
    return new Response(body, { status: response.status, headers: response.headers })
  }

  it('ends in time all the same, with the text frozen, and claims nothing', async () => {
    const run = ask({ fetch: stubborn, timeouts: { cancelMs: 50 } })
    await someTokens(run)
    const { text } = run
    const at = performance.now()
    expect(await run.cancel()).toMatchObject({
      status: 'cancelled',
      message: { text },
      cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
    })
    expect(performance.now() - at).toBeLessThan(1_000)
    expect(run.text).toBe(text)
  })

  it('does not hold up an answer that is complete', async () => {
    const provider = await startProvider((res) => void writeEvents(res, textChunk('Hi', 'stop'), '[DONE]'))
    const run = ask({ baseURL: provider.url, fetch: stubborn })
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi' } })
    await provider.close()
  })
})
