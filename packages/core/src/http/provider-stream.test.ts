import { inspect } from 'node:util'
import { createSimulator, SIMULATED_SECRET, type Simulator } from '@sluice/simulator'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import { chunkFacts } from '../message/chunk.ts'
import { startProvider, textChunk, writeEvents, type ScriptedProvider } from '../testing/provider.ts'
import { until } from '../testing/until.ts'
import { providerStream, type ProviderRequest } from './provider-stream.ts'

const KEY = 'sk-live-4f1d9c7e2b8a40'
const TOKENS = Array.from({ length: 20 }, (_, i) => `t${i} `)
const ANSWER = TOKENS.join('')
const HALF = TOKENS.slice(0, 10).join('')

let simulator: Simulator
let provider: ScriptedProvider | undefined

beforeAll(async () => {
  simulator = await createSimulator({ answer: () => TOKENS, tokensPerSecond: 2000, firstTokenMs: 0 })
})

afterAll(() => simulator.close())

afterEach(async () => {
  await provider?.close()
  provider = undefined
})

interface Heard {
  readonly text: string
  readonly malformed: number
  readonly finishReasons: readonly string[]
  readonly error: unknown
}

async function listenTo(baseURL: string, model = 'any', more: Partial<ProviderRequest> = {}): Promise<Heard> {
  const body = { model, messages: [{ role: 'user', content: 'Hello' }], stream: true }
  const signal = new AbortController().signal
  let text = ''
  let malformed = 0
  const finishReasons: string[] = []
  try {
    for await (const batch of providerStream({ baseURL, apiKey: KEY, body, fetch, signal, ...more })) {
      malformed += batch.malformed
      for (const { chunk, data } of batch.chunks) {
        expect(JSON.parse(data)).toEqual(chunk)
        const { delta, finishReason } = chunkFacts(chunk)
        text += delta?.text ?? ''
        if (finishReason !== undefined) finishReasons.push(finishReason)
      }
    }
  } catch (error) {
    return { text, malformed, finishReasons, error }
  }
  return { text, malformed, finishReasons, error: undefined }
}

const simulated = (scenario: string): Promise<Heard> => listenTo(simulator.url, `simulator/${scenario}`)

async function scripted(...script: Parameters<typeof startProvider>): Promise<Heard> {
  provider = await startProvider(...script)
  return listenTo(provider.url)
}

function expectNoKey(error: unknown): void {
  expect(error).toBeInstanceOf(ChatStreamError)
  for (const shown of [JSON.stringify(error), String(error), inspect(error)]) {
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain(SIMULATED_SECRET)
  }
}

describe('providerStream', () => {
  it('yields an empty batch for the head, and the whole answer', async () => {
    const sizes: number[] = []
    const body = { model: 'any', messages: [{ role: 'user', content: 'Hello' }], stream: true }
    const signal = new AbortController().signal
    for await (const { chunks } of providerStream({ baseURL: `${simulator.url}/`, body, fetch, signal })) {
      sizes.push(chunks.length)
    }
    expect(sizes[0]).toBe(0)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(TOKENS.length + 2)
    expect(await simulated('normal')).toEqual({ text: ANSWER, malformed: 0, finishReasons: ['stop'], error: undefined })
  })

  it('sends the key as a bearer, the headers and the body as they are', async () => {
    const heard = await scripted((res) => writeEvents(res, textChunk('Hi', 'stop'), '[DONE]').end())
    expect(heard.text).toBe('Hi')
    const [call] = provider?.calls ?? []
    expect(call?.path).toBe('POST /v1/chat/completions')
    expect(call?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'content-type': 'application/json' })
    expect(JSON.parse(call?.body ?? '')).toMatchObject({ model: 'any', stream: true })
  })

  it('lets a header of the user take the place of ours, however it is written', async () => {
    provider = await startProvider((res) => writeEvents(res, textChunk('Hi', 'stop'), '[DONE]').end())
    await listenTo(provider.url, 'any', {
      headers: { Authorization: 'Basic a', 'CONTENT-type': 'application/json; x=1' },
    })
    expect(provider.calls[0]?.headers).toMatchObject({
      authorization: 'Basic a',
      'content-type': 'application/json; x=1',
    })
  })

  it('passes no key on that a provider says back, whatever the key looks like', async () => {
    const apiKey = 'OhMyKey-123.abc'
    for (const words of [{ code: apiKey }, { type: apiKey }]) {
      provider = await startProvider((res) => void res.writeHead(401).end(JSON.stringify({ error: words })))
      const refused = await listenTo(provider.url, 'any', { apiKey })
      expect(refused.error).toMatchObject({ code: 'unauthorized', status: 401 })
      await provider.close()
      provider = await startProvider((res) => writeEvents(res, textChunk('Hi'), { error: words }).end())
      const broken = await listenTo(provider.url, 'any', { apiKey })
      expect(broken).toMatchObject({ text: 'Hi', error: { code: 'provider' } })
      for (const { error } of [refused, broken]) expect(inspect(error)).not.toContain(apiKey)
      await provider.close()
    }
  })

  it('keeps what was said beside an error', async () => {
    const choices = [{ index: 0, delta: { content: ' there' }, finish_reason: 'error' }]
    expect(await scripted((res) => writeEvents(res, textChunk('Hi'), { choices }).end())).toMatchObject({
      text: 'Hi there',
      error: { code: 'provider' },
    })
  })

  it('takes the end of the body after a finish reason for the end', async () => {
    expect(await simulated('no-done')).toMatchObject({ text: ANSWER, error: undefined })
  })

  it('takes a broken connection after a finish reason for the end, too', async () => {
    const heard = await scripted((res) => {
      writeEvents(res, textChunk('Hi', 'stop'))
      setTimeout(() => res.destroy(), 50)
    })
    expect(heard).toMatchObject({ text: 'Hi', finishReasons: ['stop'], error: undefined })
  })

  it('takes [DONE] for the end also without a finish reason, and reads nothing behind it', async () => {
    const heard = await scripted((res) => void writeEvents(res, textChunk('Hi'), '[DONE] ', textChunk(' there')))
    expect(heard).toMatchObject({ text: 'Hi', error: undefined })
    // The provider keeps its socket open: that it was closed shows that nobody waits for its end.
    await until('the socket was closed', () => provider?.calls[0]?.left === true)
  })

  it('throws truncated where the answer merely ends', async () => {
    const heard = await simulated('truncated')
    expect(heard).toMatchObject({ text: ANSWER, error: { code: 'truncated' } })
    expect(await scripted((res) => void writeEvents(res).end())).toMatchObject({
      text: '',
      error: { code: 'truncated' },
    })
  })

  it('throws truncated where the connection breaks', async () => {
    const { text, error } = await simulated('cut')
    expect(error).toMatchObject({ code: 'truncated' })
    expect(HALF.startsWith(text)).toBe(true) // a socket that is destroyed may take what was not read yet with it
  })

  it('skips and counts what is no chunk', async () => {
    expect(await simulated('malformed')).toEqual({
      text: ANSWER,
      malformed: 1,
      finishReasons: ['stop'],
      error: undefined,
    })
    const odd = ['{"choices":', 'null', '"text"', '<html>']
    const heard = await scripted((res) => void writeEvents(res, ...odd, textChunk('Hi', 'stop'), '[DONE]').end())
    expect(heard).toMatchObject({ text: 'Hi', malformed: 4, error: undefined })
  })

  it('throws the error that is told in the middle, without its body', async () => {
    const { text, error } = await simulated('error')
    expect(text).toBe(HALF)
    expect(error).toMatchObject({ code: 'provider', providerCode: 'backend_lost', providerType: 'server_error' })
    expectNoKey(error)
  })

  it('throws an error that is the first and only event, in every form that providers give it', async () => {
    const forms = [
      { error: { code: 502, message: `No ${KEY}` } },
      { error: `Input too long for ${KEY}`, error_type: 'validation' },
      { ...textChunk('', 'error'), error: { code: 'server_error', message: KEY } },
      textChunk('', 'error'),
    ]
    for (const form of forms) {
      const { text, error } = await scripted((res) => void writeEvents(res, form, '[DONE]').end())
      expect(error).toMatchObject({ code: 'provider' })
      expect(text).toBe('')
      expectNoKey(error)
      await provider?.close()
    }
  })

  it('takes no empty error for one', async () => {
    const chunk = textChunk('Hi', 'stop')
    const heard = await scripted((res) => void writeEvents(res, { ...chunk, error: null }, '[DONE]').end())
    expect(heard).toMatchObject({ text: 'Hi', error: undefined })
  })

  it('refuses a 200 that is a page or a JSON text', async () => {
    for (const type of ['text/html', 'application/json']) {
      const { error } = await scripted(
        (res) => void res.writeHead(200, { 'content-type': type }).end(`{"key":"${KEY}"}`),
      )
      expect(error).toMatchObject({
        code: 'protocol',
        message: `Expected text/event-stream, got ${type} (status 200).`,
      })
      expectNoKey(error)
      await provider?.close()
    }
  })

  it('follows no redirect: the key stays at its address', async () => {
    const other = await startProvider((res) => void writeEvents(res, textChunk('Hi', 'stop'), '[DONE]').end())
    for (const status of [301, 302, 307, 308]) {
      const heard = await scripted(
        (res) => void res.writeHead(status, { location: `${other.url}/chat/completions` }).end(),
      )
      expect(heard.error).toMatchObject({ code: 'http', status })
      await provider?.close()
    }
    expect(other.calls).toEqual([])
    await other.close()
  })

  it('names a refusal, without its body', async () => {
    const refused = await simulated('unauthorized')
    expect(refused.error).toMatchObject({ code: 'unauthorized', status: 401, providerCode: 'invalid_api_key' })
    expectNoKey(refused.error)
    const broken = await simulated('server-error')
    expect(broken.error).toMatchObject({ code: 'http', status: 500 })
    expectNoKey(broken.error)
    expect((await simulated('rate-limit')).error).toMatchObject({ code: 'rate_limited', retryAfterMs: 1000 })
  })

  it('names a provider that cannot be reached', async () => {
    const gone = await startProvider(() => {})
    await gone.close()
    const { error } = await listenTo(gone.url)
    expect(error).toMatchObject({ code: 'network' })
    expectNoKey(error)
  })

  it('refuses a key that no header can hold, and does not show it', async () => {
    const { error } = await listenTo(simulator.url, 'any', { apiKey: `${KEY}\n${KEY}` })
    expect(error).toMatchObject({ code: 'protocol' })
    expectNoKey(error)
  })

  it('closes the socket when its signal aborts, also under a fetch that ignores it', async () => {
    const deaf: ProviderRequest['fetch'] = (url, init) => fetch(url, { ...init, signal: null })
    for (const oneFetch of [fetch, deaf]) {
      provider = await startProvider((res) => void writeEvents(res, textChunk('Hi')))
      const controller = new AbortController()
      const heard = listenTo(provider.url, 'any', { signal: controller.signal, fetch: oneFetch })
      await until('the provider was asked', () => provider?.calls.length === 1)
      controller.abort()
      await until('the socket was closed', () => provider?.calls[0]?.left === true)
      expect((await heard).error).toBeInstanceOf(ChatStreamError)
      await provider.close()
    }
  })
})
