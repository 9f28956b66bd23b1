import { inspect } from 'node:util'
import { createSimulator, SCENARIOS, SIMULATED_SECRET, type ScenarioName, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startProvider, writeEvents } from '../testing/provider.ts'
import { streamChat, type AssistantPart, type ChatDelta, type RunOutcome } from '../index.ts'

/** What providers really send, each as a scenario of the simulator, over a real socket. */

const TOKENS = ['One', ' two', ' three', '.\n\n', 'Four', ' five', '.']
const ANSWER = TOKENS.join('')
const HALF = TOKENS.slice(0, 3).join('')
const THOUGHT = 'The reader asks; I weigh the words.'
const QUESTION = [{ role: 'user', content: 'Look twice.' }]

let simulator: Simulator

beforeEach(async () => {
  simulator = await createSimulator({ answer: () => TOKENS, tokensPerSecond: 2000, firstTokenMs: 2 })
})

afterEach(() => simulator.close())

interface Played {
  readonly outcome: RunOutcome
  readonly deltas: readonly ChatDelta[]
}

/** Plays one scenario to its end. Whatever the end, nothing of the provider's own words may show. */
async function play(scenario: ScenarioName, body: object = {}): Promise<Played> {
  const run = streamChat({
    baseURL: simulator.url,
    model: `simulator/${scenario}`,
    messages: QUESTION,
    body: { ...body },
    // Short where silence is what the scenario plays, and else too long to matter on a slow machine.
    timeouts: { connectMs: scenario === 'no-head' ? 100 : 10_000, idleMs: scenario === 'stall' ? 100 : 10_000 },
    maxRetries: 0,
  })
  const deltas: ChatDelta[] = []
  try {
    for await (const delta of run) deltas.push(delta)
  } catch {
    // The outcome holds the same error.
  }
  const outcome = await run.outcome
  expect(inspect(outcome)).not.toContain(SIMULATED_SECRET)
  return { outcome, deltas }
}

function shapes(parts: readonly AssistantPart[]): readonly (readonly string[])[] {
  return parts.map((part) =>
    part.type === 'tool-call' ? [part.type, part.id, part.name, part.arguments] : [part.type, part.text],
  )
}

describe('a whole answer', () => {
  it.each<ScenarioName>([
    ...(['normal', 'slow', 'no-done', 'comments', 'crlf', 'cr', 'bom', 'tight', 'keepalive', 'slow-head'] as const),
    ...(['null-content', 'several-choices', 'second-finish', 'usage-only', 'extra-fields', 'refusal'] as const),
  ])('comes through %s', async (scenario) => {
    const { outcome, deltas } = await play(scenario)
    expect(outcome).toMatchObject({
      status: 'completed',
      finishReason: 'stop',
      skippedChunks: 0,
      usage: { source: 'provider', outputTokens: TOKENS.length },
    })
    expect(outcome.message.parts).toEqual([
      { type: 'text', text: ANSWER, blocks: ['One two three.\n\n'], tail: 'Four five.' },
    ])
    expect(deltas.map(({ text }) => text)).toEqual(TOKENS)
  })

  it.each<ScenarioName>(['reasoning', 'reasoning-content', 'content-array'])(
    'comes after the thought of %s',
    async (scenario) => {
      const { outcome } = await play(scenario)
      expect(outcome.status).toBe('completed')
      expect(shapes(outcome.message.parts)).toEqual([
        ['reasoning', THOUGHT],
        ['text', ANSWER],
      ])
      expect(outcome.message.text).toBe(ANSWER)
    },
  )

  it('has its logprobs beside the text', async () => {
    const { deltas } = await play('extra-fields')
    expect(deltas[0]).toMatchObject({ text: 'One', logprobs: { content: [{ logprob: -0.25 }] } })
  })

  it('keeps its usage where that comes only in the second chunk that finishes', async () => {
    const { outcome } = await play('second-finish')
    expect(outcome.usage).toMatchObject({ source: 'provider', outputTokens: TOKENS.length })
  })

  it('keeps the usage that was told unasked', async () => {
    const { outcome } = await play('usage-only', { stream_options: { include_usage: false } })
    expect(outcome.usage).toMatchObject({ source: 'provider', outputTokens: TOKENS.length })
  })

  it('is reached by the event that is no JSON, which is counted', async () => {
    const { outcome } = await play('malformed')
    expect(outcome).toMatchObject({ status: 'completed', skippedChunks: 1, message: { text: ANSWER } })
  })
})

describe('tool calls', () => {
  const tools = ['look', 'list'].map((name) => ({ type: 'function', function: { name, parameters: {} } }))
  const call = (id: string, name: string, page: number): readonly string[] => [
    'tool-call',
    id,
    name,
    JSON.stringify({ query: 'Look twice.', page }),
  ]

  it.each<readonly [ScenarioName, readonly (readonly string[])[]]>([
    ['tool-calls', [call('call_simulated_1', 'look', 1), call('call_simulated_2', 'list', 2)]],
    ['tool-calls-mixed', [call('call_simulated_2', 'list', 2), call('call_simulated_1', 'look', 1)]],
    ['tool-calls-bare', [call('call_0', 'look', 1), call('call_1', 'list', 2)]],
  ])('come together from the pieces of %s', async (scenario, calls) => {
    const { outcome } = await play(scenario, { tools })
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'tool_calls', message: { text: '' } })
    expect(shapes(outcome.message.parts)).toEqual(calls)
  })
})

describe('a broken answer', () => {
  it.each<readonly [ScenarioName, object]>([
    ['cut', { status: 'incomplete', error: { code: 'truncated' }, message: { text: HALF } }],
    ['stall', { status: 'incomplete', error: { code: 'timeout' }, message: { text: HALF } }],
    ['truncated', { status: 'incomplete', error: { code: 'truncated' }, message: { text: ANSWER } }],
    ['abort', { status: 'incomplete', finishReason: 'abort', error: { code: 'truncated' }, message: { text: HALF } }],
    ['error', { status: 'failed', error: { code: 'provider', providerCode: 'backend_lost' }, message: { text: HALF } }],
    ['finish-error', { status: 'failed', error: { code: 'provider' }, message: { text: HALF } }],
    ['malformed-flood', { status: 'failed', error: { code: 'protocol' } }],
    ['error-only', { status: 'failed', error: { code: 'provider' }, message: { text: '', parts: [] } }],
  ])('is told as it was: %s', async (scenario, expected) => {
    const { outcome } = await play(scenario)
    expect(outcome).toMatchObject(expected)
    expect(outcome.usage.source).toBe(outcome.message.text === '' ? 'unknown' : 'estimated')
  })

  it('keeps what came before the events that were no JSON, and counts them', async () => {
    const { outcome } = await play('malformed-flood')
    expect(outcome.message.text.startsWith(HALF)).toBe(true)
    expect(outcome.skippedChunks).toBe(20)
  })
})

describe('no answer', () => {
  it('is an error told bare, without an object around it, and with [DONE] behind it', async () => {
    const told = { object: 'error', message: `No key ${SIMULATED_SECRET}.`, type: 'BadRequestError', code: 400 }
    const provider = await startProvider((res) => void writeEvents(res, told, '[DONE]').end())
    const outcome = await streamChat({ baseURL: provider.url, model: 'any', messages: QUESTION }).outcome
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'provider', providerType: 'BadRequestError' } })
    expect(inspect(outcome)).not.toContain(SIMULATED_SECRET)
    await provider.close()
  })

  it.each<readonly [ScenarioName, object, RegExp]>([
    ['html', { code: 'protocol', status: 200 }, /Expected text\/event-stream, got text\/html.*status 200/],
    ['json', { code: 'protocol', status: 200 }, /Expected text\/event-stream, got application\/json.*status 200/],
    ['redirect', { status: 307 }, /redirect|307/],
    ['rate-limit', { code: 'rate_limited', status: 429, retryAfterMs: 1000 }, /429/],
    ['retry-after', { code: 'rate_limited', status: 429, retryAfterMs: 1000 }, /429/],
    ['unauthorized', { code: 'unauthorized', status: 401, providerCode: 'invalid_api_key' }, /401/],
    ['server-error', { code: 'http', status: 500, providerCode: 'internal_error' }, /500/],
    ['endless-error', { code: 'http', status: 503 }, /503/],
    ['no-head', { code: 'timeout' }, /./],
  ])('fails with a code, a status and what came instead: %s', async (scenario, expected, message) => {
    const { outcome } = await play(scenario)
    expect(outcome).toMatchObject({ status: 'failed', error: expected, message: { text: '', parts: [] } })
    expect('error' in outcome && outcome.error?.message).toMatch(message)
  })

  it('reads a date that says when to come again', async () => {
    const { outcome } = await play('retry-after-date')
    const wait = 'error' in outcome ? outcome.error?.retryAfterMs : undefined
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(2000)
  })

  it('comes at the next try, where one was refused', async () => {
    const run = streamChat({ baseURL: simulator.url, model: 'simulator/retry-after', messages: QUESTION })
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: ANSWER } })
    expect(simulator.stats.requests.map(({ outcome }) => outcome)).toEqual(['failed', 'finished'])
  })
})

describe('every scenario', () => {
  it('ends in an outcome, with its socket closed', async () => {
    await Promise.all(SCENARIOS.map(({ name }) => play(name)))
    await expect.poll(() => simulator.stats.open, { timeout: 5000 }).toBe(0)
  }, 20_000)
})
