import { setTimeout as sleep } from 'node:timers/promises'
import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatStreamError } from '../errors.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { openaiCompatible } from '../server/index.ts'
import { answerOf } from '../testing/chat.ts'
import { startSluiceServer, type SluiceServer } from '../testing/sluice-server.ts'
import { until } from '../testing/until.ts'
import type { Chat, ChatOptions, ChatSnapshot } from './chat.ts'
import { createChat } from './create-chat.ts'

const TOKENS = Array.from({ length: 30 }, (_, i) => `t${i} `)
const ANSWER = TOKENS.join('')
const LONG = Array.from({ length: 1000 }, (_, i) => `t${i} `)

let simulator: Simulator
let server: SluiceServer
/** The messages of each request that the provider got. */
let asked: unknown[]

beforeEach(async () => {
  asked = []
  simulator = await createSimulator({
    tokensPerSecond: 400,
    firstTokenMs: 10,
    answer({ model, messages }) {
      asked.push(messages)
      return model === 'long' ? LONG : TOKENS
    },
  })
  server = await startSluiceServer({ source: openaiCompatible({ baseURL: simulator.url }) })
})

afterEach(async () => {
  await server.close()
  await simulator.close()
})

type Options = Partial<Omit<ChatOptions, 'api' | 'baseURL' | 'apiKey'>>

function chatOf(options: Options = {}): Chat {
  return createChat({ api: server.api, model: 'any', ...options })
}

/** Every snapshot that a chat publishes. */
function record(chat: Chat): readonly ChatSnapshot[] {
  const snapshots: ChatSnapshot[] = []
  chat.subscribe(() => snapshots.push(chat.getSnapshot()))
  return snapshots
}

const textOf = (chat: Chat): string => answerOf(chat).text

describe('sendMessage', () => {
  it('shows the question at once and the answer as it grows, and resolves with the outcome', async () => {
    const chat = chatOf({ flush: 10 })
    const snapshots = record(chat)
    const sent = chat.sendMessage({ text: 'Hello' })
    expect(chat.getSnapshot()).toMatchObject({
      status: 'submitted',
      runState: 'submitted',
      messages: [
        { role: 'user', text: 'Hello', parts: [{ type: 'text', text: 'Hello' }] },
        { role: 'assistant', text: '', parts: [], outcome: null },
      ],
    })
    expect(await sent).toMatchObject({ status: 'completed', message: { id: answerOf(chat).id, text: ANSWER } })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: 'completed', error: null })
    const texts = snapshots.map(({ messages }) => messages[1]?.text ?? '')
    expect(texts.every((text, i) => ANSWER.startsWith(text) && text.startsWith(texts[i - 1] ?? ''))).toBe(true)
    expect(new Set(texts).size).toBeGreaterThan(5)
    expect(new Set(snapshots.map(({ status }) => status))).toEqual(new Set(['submitted', 'streaming', 'ready']))
  })

  it('leaves the ended answer as it is', async () => {
    const chat = chatOf()
    await chat.sendMessage({ text: 'Hello' })
    const snapshot = chat.getSnapshot()
    const snapshots = record(chat)
    expect(answerOf(chat).outcome).toMatchObject({ status: 'completed', usage: { source: 'provider' } })
    await sleep(80) // longer than a flush
    expect(chat.getSnapshot()).toBe(snapshot)
    expect(snapshots).toEqual([])
  })

  it('gives the same snapshot until something changes, and unchanged messages as the same objects', async () => {
    const chat = chatOf({ flush: 0 })
    const empty = chat.getSnapshot()
    expect(chat.getSnapshot()).toBe(empty)
    expect(chat.getInitialSnapshot()).toBe(empty)
    await chat.sendMessage({ text: 'First' })
    const [question, answer] = chat.getSnapshot().messages
    const snapshots = record(chat)
    await chat.sendMessage({ text: 'Second' })
    expect(snapshots.length).toBeGreaterThan(10)
    expect(new Set(snapshots).size).toBe(snapshots.length)
    for (const { messages } of snapshots) {
      expect(messages[0]).toBe(question)
      expect(messages[1]).toBe(answer)
      expect(messages[2]).toBe(snapshots[0]?.messages[2])
    }
    expect(chat.getInitialSnapshot()).toBe(empty)
    expect(empty.messages).toEqual([])
  })

  it('publishes no more often than the flush says', async () => {
    const chat = chatOf({ flush: 50 })
    const snapshots = record(chat)
    await chat.sendMessage({ text: 'Hello' })
    // 75 ms of tokens: the changes of state, the first delta, and two flushes or three.
    expect(snapshots.length).toBeLessThan(12)
    expect(textOf(chat)).toBe(ANSWER)
  })

  it('sends the history, without answers of which nothing came', async () => {
    const chat = chatOf()
    await chat.sendMessage({ text: 'First' })
    void chat.sendMessage({ text: 'Second' })
    await chat.stop()
    await chat.sendMessage({ text: 'Third' })
    expect(asked.at(-1)).toEqual([
      { role: 'user', text: 'First' },
      { role: 'assistant', text: ANSWER },
      { role: 'user', text: 'Second' },
      { role: 'user', text: 'Third' },
    ])
  })

  it('takes from each configuration what the next send is to have', async () => {
    const chat = chatOf({ model: 'simulator/error' })
    const outcomes: string[] = []
    chat.configure({ model: 'any', onFinish: ({ status }) => outcomes.push(status) })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'completed' })
    expect(outcomes).toEqual(['completed'])
  })

  it('refuses a message that asks nothing', async () => {
    const chat = chatOf()
    for (const message of [{ text: ' \n' }, {}, { files: [] }, { parts: [] }]) {
      await expect(chat.sendMessage(message)).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect(chat.getSnapshot().messages).toEqual([])
  })

  it('goes straight to a provider, too', async () => {
    const chat = createChat({ baseURL: simulator.url, apiKey: 'sk-any', model: 'any', body: { temperature: 0 } })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'completed', message: { text: ANSWER } })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', messages: [{ role: 'user' }, { text: ANSWER }] })
  })
})

describe('an answer that fails', () => {
  it('keeps its text, tells its error, and lets the chat go on', async () => {
    const errors: ChatStreamError[] = []
    const outcomes: RunOutcome[] = []
    const options: Options = { onError: (error) => errors.push(error), onFinish: (outcome) => outcomes.push(outcome) }
    const chat = chatOf({ ...options, model: 'simulator/error' })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'failed' })
    expect(chat.getSnapshot()).toMatchObject({ status: 'error', runState: 'failed', error: { code: 'provider' } })
    expect(textOf(chat)).toBe(TOKENS.slice(0, 15).join(''))
    expect(errors).toEqual([chat.getSnapshot().error])
    expect(outcomes).toHaveLength(1)
    chat.clearError()
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: 'failed', error: null })
    chat.configure({ ...options, model: 'any' })
    expect(await chat.sendMessage({ text: 'Again' })).toMatchObject({ status: 'completed' })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(errors).toHaveLength(1)
    expect(outcomes).toHaveLength(2)
  })

  it('takes the error away with the next send', async () => {
    const chat = chatOf({ model: 'simulator/cut' })
    await chat.sendMessage({ text: 'Hello' })
    expect(chat.getSnapshot()).toMatchObject({ status: 'error', runState: 'incomplete', error: { code: 'truncated' } })
    const again = chat.sendMessage({ text: 'Again' })
    expect(chat.getSnapshot()).toMatchObject({ status: 'submitted', error: null })
    await again
  })
})

describe('stop', () => {
  it('freezes the text at once, is ready at once, and resolves when the provider was stopped', async () => {
    const outcomes: RunOutcome[] = []
    const chat = chatOf({ model: 'long', flush: 10, onFinish: (outcome) => outcomes.push(outcome) })
    const sent = chat.sendMessage({ text: 'Hello' })
    await until('some text came', () => textOf(chat).length > 30)
    const stopped = chat.stop()
    const text = textOf(chat)
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: 'cancelling' })
    const snapshots = record(chat)
    await stopped
    await until('the provider saw its socket close', () => simulator.stats.open === 0)
    expect(simulator.stats.requests[0]).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
    await sleep(30)
    expect(textOf(chat)).toBe(text)
    for (const { messages } of snapshots) expect(messages[1]?.text).toBe(text)
    expect(answerOf(chat).outcome).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: 'cancelled', error: null })
    expect(await sent).toMatchObject({ status: 'cancelled' })
    expect(outcomes).toHaveLength(1)
  })

  it('does nothing where nothing runs', async () => {
    const chat = chatOf()
    const snapshot = chat.getSnapshot()
    await chat.stop()
    expect(chat.getSnapshot()).toBe(snapshot)
    await chat.sendMessage({ text: 'Hello' })
    await chat.stop()
    expect(answerOf(chat).outcome).toMatchObject({ status: 'completed' })
  })

  it('lets the next message go out at once, and mixes up neither of the answers', async () => {
    const chat = chatOf({ flush: 10 })
    const first = chat.sendMessage({ text: 'First' })
    await until('some text came', () => textOf(chat).length > 20)
    const stopped = chat.stop()
    const text = textOf(chat)
    const second = chat.sendMessage({ text: 'Second' })
    expect(chat.getSnapshot().status).toBe('submitted')
    const snapshots = record(chat)
    expect(await first).toMatchObject({ status: 'cancelled', message: { text } })
    await stopped
    expect(await second).toMatchObject({ status: 'completed', message: { text: ANSWER } })
    await sleep(30)
    expect(new Set(snapshots.map(({ runState }) => runState))).toEqual(new Set(['submitted', 'streaming', 'completed']))
    expect(chat.getSnapshot().messages).toMatchObject([
      { text: 'First' },
      { text, outcome: { status: 'cancelled' } },
      { text: 'Second' },
      { text: ANSWER, outcome: { status: 'completed' } },
    ])
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: 'completed' })
  })
})

describe('subscribe', () => {
  it('tells every listener, until it unsubscribes, also in the middle of a telling', async () => {
    const chat = chatOf()
    const told: string[] = []
    const leave = chat.subscribe(() => {
      told.push('once')
      leave()
    })
    const stopListening = chat.subscribe(() => told.push('always'))
    chat.clearError()
    chat.clearError()
    stopListening()
    chat.clearError()
    expect(told).toEqual(['once', 'always', 'always'])
  })

  it('lets a listener that throws harm neither the others nor the answer', async () => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reported)
    const broken = new Error('broken listener')
    const chat = chatOf()
    chat.subscribe(() => {
      throw broken
    })
    const snapshots = record(chat)
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'completed' })
    expect(snapshots.at(-1)).toBe(chat.getSnapshot())
    expect(reported).toHaveBeenCalledWith(broken)
    vi.unstubAllGlobals()
  })

  it('lets callbacks that throw harm neither each other nor the answer', async () => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reported)
    const broken = (): never => {
      throw new Error('broken callback')
    }
    const chat = chatOf({ model: 'simulator/error', onFinish: broken, onError: broken })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'failed' })
    await chat.stop()
    expect(reported).toHaveBeenCalledTimes(2)
    vi.unstubAllGlobals()
  })
})
