import { inspect } from 'node:util'
import { createSimulator, SIMULATED_SECRET, type Simulator, type SimulatorRequest } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ChatStreamError,
  streamChat,
  type ChatDelta,
  type ChatRun,
  type Fetch,
  type ProviderRunOptions,
  type RunOutcome,
} from '../index.ts'
import { startProvider, textChunk, writeEvents } from '../testing/provider.ts'
import { until } from '../testing/until.ts'

const KEY = 'sk-live-4f1d9c7e2b8a40'
const TOKENS = Array.from({ length: 20 }, (_, i) => `t${i} `)
const ANSWER = TOKENS.join('')
const LONG = Array.from({ length: 1000 }, (_, i) => `t${i} `)

/** A `fetch` that takes no notice of its signal. */
const deaf: Fetch = (url, init) => fetch(url, { ...init, signal: null })

let simulator: Simulator

beforeEach(async () => {
  const answer = ({ model }: { readonly model: string }): readonly string[] => (model === 'long' ? LONG : TOKENS)
  simulator = await createSimulator({ answer, tokensPerSecond: 200, firstTokenMs: 20, apiKey: KEY })
})

afterEach(() => simulator.close())

function ask(options: Partial<ProviderRunOptions> = {}): ChatRun {
  const messages = [{ role: 'user', content: 'Hello' }]
  return streamChat({ baseURL: simulator.url, apiKey: KEY, model: 'any', messages, ...options })
}

async function textOf(run: AsyncIterable<ChatDelta>): Promise<string> {
  let text = ''
  for await (const delta of run) text += delta.text ?? ''
  return text
}

/** The one request that the simulator got, once its socket has closed. */
async function closedRequest(): Promise<SimulatorRequest> {
  await until('the provider saw its socket close', () => simulator.stats.open === 0)
  const [request] = simulator.stats.requests
  if (request === undefined) throw new TypeError('Expected a request.')
  return request
}

describe('streamChat straight at a provider', () => {
  it('delivers the whole answer, with the usage that the provider counted', async () => {
    const run = ask()
    expect(run.state).toBe('submitted')
    expect(await textOf(run)).toBe(ANSWER)
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'completed', finishReason: 'stop', skippedChunks: 0 })
    expect(outcome.message).toEqual({
      id: run.id,
      role: 'assistant',
      parts: [{ type: 'text', text: ANSWER, blocks: [], tail: ANSWER }],
      text: ANSWER,
    })
    expect(outcome.usage).toMatchObject({ source: 'provider', outputTokens: TOKENS.length })
    expect(run.state).toBe('completed')
  })

  it('goes on whether or not somebody iterates, and keeps the deltas for whoever comes', async () => {
    const run = ask()
    expect((await run.outcome).message.text).toBe(ANSWER)
    expect(await textOf(run)).toBe(ANSWER)
    expect(await textOf(run)).toBe('')
  })

  it('sends the fields of the body, asks for the usage, and keeps Sluice’s own field to itself', async () => {
    const provider = await startProvider((res) => void writeEvents(res, textChunk('Hi', 'stop'), '[DONE]').end())
    const body = { temperature: 0.5, stream: false, sluice: { message: 'm1' } }
    const outcome = await ask({ baseURL: provider.url, body }).outcome
    expect(outcome.message.id).toBe('m1')
    expect(JSON.parse(provider.calls[0]?.body ?? '')).toEqual({
      model: 'any',
      messages: [{ role: 'user', content: 'Hello' }],
      temperature: 0.5,
      stream: true,
      stream_options: { include_usage: true },
    })
    await provider.close()
  })
})

describe('cancel', () => {
  it('changes nothing after the end', async () => {
    const run = ask()
    await run.outcome
    expect(await run.cancel()).toMatchObject({ status: 'completed' })
    expect(run.state).toBe('completed')
    expect(await textOf(run)).toBe(ANSWER)
  })

  it('comes of leaving the loop with break', async () => {
    const run = ask({ model: 'long' })
    for await (const _ of run) break
    expect(run.state).toBe('cancelled')
    expect(await closedRequest()).toMatchObject({ outcome: 'hung-up' })
  })

  it('ends in time, and claims nothing, where a fetch ignores its signal and no head comes', async () => {
    const provider = await startProvider(() => {})
    const run = ask({ baseURL: provider.url, fetch: deaf, timeouts: { cancelMs: 50 } })
    await until('the provider was asked', () => provider.calls.length === 1)
    const began = performance.now()
    expect(await run.cancel()).toMatchObject({
      status: 'cancelled',
      cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
    })
    expect(performance.now() - began).toBeLessThan(1000)
    await provider.close()
  })

  it('closes the socket also where a fetch ignores its signal, as soon as there is a head', async () => {
    const run = ask({ model: 'long', fetch: deaf })
    await until('some text came', () => run.text.length > 20)
    expect(await run.cancel()).toMatchObject({ cancellation: { upstream: 'closed' } })
    expect(await closedRequest()).toMatchObject({ outcome: 'hung-up' })
  })

  it('closes the socket of a head that comes after the run has ended', async () => {
    let giveHead = (): void => {}
    const provider = await startProvider((res) => (giveHead = () => void writeEvents(res, textChunk('late'))))
    const run = ask({ baseURL: provider.url, fetch: deaf, timeouts: { cancelMs: 20 } })
    await until('the provider was asked', () => provider.calls.length === 1)
    await run.cancel()
    giveHead()
    await until('the socket was closed', () => provider.calls[0]?.left === true)
    expect(run.text).toBe('')
    await provider.close()
  })

  it('says that the answer had ended where it had, and lets the user’s intent win', async () => {
    const provider = await startProvider((res) => void writeEvents(res, textChunk('Hi', 'stop')))
    const run = ask({ baseURL: provider.url })
    await until('the finish reason came', () => run.text === 'Hi')
    expect(await run.cancel()).toMatchObject({
      status: 'cancelled',
      finishReason: 'stop',
      cancellation: { upstream: 'finished', billing: 'continues', closedAfterMs: null },
    })
    await provider.close()
  })

  it('knows from the chunks, the options or the address what the stop means for the bill', async () => {
    const provider = await startProvider((res) => void writeEvents(res, { ...textChunk('Hi'), provider: 'Groq' }))
    const named = ask({ baseURL: provider.url, provider: 'OpenAI' })
    await until('some text came', () => named.text === 'Hi')
    expect(await named.cancel()).toMatchObject({ cancellation: { billing: 'continues' } })
    const given = ask({ model: 'long', provider: 'OpenAI' })
    await until('some text came', () => given.text !== '')
    expect(await given.cancel()).toMatchObject({ cancellation: { billing: 'stopped' } })
    const toSimulator: Fetch = (_, init) => fetch(`${simulator.url}/chat/completions`, init)
    const known = ask({ model: 'long', baseURL: 'https://api.openai.com/v1', fetch: toSimulator })
    await until('some text came', () => known.text !== '')
    expect(await known.cancel()).toMatchObject({ cancellation: { billing: 'stopped' } })
    await provider.close()
  })
})

describe('detach', () => {
  it('closes the socket, ends the loop quietly after what came, and tells that it was left', async () => {
    const run = ask({ model: 'long' })
    await until('some text came', () => run.text.length > 20)
    run.detach()
    const text = run.text
    expect(run.state).toBe('incomplete')
    const outcome = await run.outcome
    expect(outcome).toMatchObject({ status: 'incomplete', detached: true, message: { text } })
    expect('error' in outcome).toBe(false)
    expect(await textOf(run)).toBe(text)
    expect(await closedRequest()).toMatchObject({ outcome: 'hung-up' })
  })
})

describe('the end of a run', () => {
  async function endOf(scenario: string): Promise<{ run: ChatRun; outcome: RunOutcome; thrown: unknown }> {
    const run = ask({ model: `simulator/${scenario}`, maxRetries: 0 })
    const thrown: unknown = await textOf(run).then(
      () => undefined,
      (error: unknown) => error,
    )
    return { run, outcome: await run.outcome, thrown }
  }

  it('is incomplete, with the text kept and the loop throwing, where the answer breaks off', async () => {
    for (const scenario of ['cut', 'truncated']) {
      const { run, outcome, thrown } = await endOf(scenario)
      expect(outcome).toMatchObject({
        status: 'incomplete',
        finishReason: null,
        usage: { source: 'estimated' },
        error: { code: 'truncated' },
      })
      expect(outcome.message.text).not.toBe('')
      expect(ANSWER.startsWith(outcome.message.text)).toBe(true)
      expect(thrown).toBe('error' in outcome ? outcome.error : 'no error')
      expect(run.state).toBe('incomplete')
    }
  })

  it('is failed, with the text kept and the loop throwing, where the provider tells an error', async () => {
    const { outcome, thrown } = await endOf('error')
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'provider', providerCode: 'backend_lost' } })
    expect(outcome.message.text).toBe(TOKENS.slice(0, 10).join(''))
    expect(thrown).toBeInstanceOf(ChatStreamError)
  })

  it('is failed where no answer began', async () => {
    expect((await endOf('rate-limit')).outcome).toMatchObject({
      status: 'failed',
      usage: { source: 'unknown' },
      error: { code: 'rate_limited', status: 429, retryAfterMs: 1000 },
    })
    const provider = await startProvider((res) => void writeEvents(res).end())
    const outcome = await ask({ baseURL: provider.url }).outcome
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'truncated' }, message: { text: '', parts: [] } })
    await provider.close()
  })

  it('is completed where [DONE] is missing but a finish reason came', async () => {
    const { outcome, thrown } = await endOf('no-done')
    expect(outcome).toMatchObject({ status: 'completed', usage: { source: 'provider' }, message: { text: ANSWER } })
    expect(thrown).toBeUndefined()
  })

  it('is completed in spite of a malformed chunk, which is counted', async () => {
    const { outcome } = await endOf('malformed')
    expect(outcome).toMatchObject({ status: 'completed', skippedChunks: 1, message: { text: ANSWER } })
  })

  it('is failed after too many malformed chunks, with the text kept and the socket closed', async () => {
    const odd = Array.from({ length: 17 }, () => '{"odd')
    const provider = await startProvider((res) => void writeEvents(res, textChunk('Hi'), ...odd))
    const outcome = await ask({ baseURL: provider.url }).outcome
    expect(outcome).toMatchObject({ status: 'failed', skippedChunks: 17, error: { code: 'protocol' } })
    expect(outcome.message.text).toBe('Hi')
    await until('the socket was closed', () => provider.calls[0]?.left === true)
    await provider.close()
  })

  it('holds no key, in any error, in any form', async () => {
    const errors: unknown[] = []
    for (const scenario of ['unauthorized', 'server-error', 'error', 'cut']) errors.push((await endOf(scenario)).thrown)
    const refused = await ask({ apiKey: `wrong-${KEY}` }).outcome
    const unreachable = await ask({ baseURL: 'http://127.0.0.1:9/v1' }).outcome
    errors.push('error' in refused && refused.error, 'error' in unreachable && unreachable.error)
    for (const error of errors) {
      expect(error).toBeInstanceOf(ChatStreamError)
      for (const shown of [JSON.stringify(error), String(error), inspect(error)]) {
        expect(shown).not.toContain(KEY)
        expect(shown).not.toContain(SIMULATED_SECRET)
      }
    }
  })
})
