import { setTimeout as sleep } from 'node:timers/promises'
import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatStreamError } from '../errors.ts'
import { openaiCompatible } from '../server/index.ts'
import { answer, answerOf, question, savedChat } from '../testing/chat.ts'
import { createMemoryStorage } from '../testing/memory-storage.ts'
import { startSluiceServer, type SluiceServer } from '../testing/sluice-server.ts'
import { until } from '../testing/until.ts'
import type { ChatMessage } from './message.ts'
import { memoryPersistence, storagePersistence } from './persistence.ts'
import type { Chat, ChatOptions } from './chat.ts'
import { createChat } from './create-chat.ts'

const TOKENS = Array.from({ length: 40 }, (_, i) => `t${i} `)
const ANSWER = TOKENS.join('')

let simulator: Simulator
let server: SluiceServer

beforeEach(async () => {
  simulator = await createSimulator({ answer: () => TOKENS, tokensPerSecond: 200, firstTokenMs: 20 })
  server = await startSluiceServer({ source: openaiCompatible({ baseURL: simulator.url }) })
})

afterEach(async () => {
  await server.close()
  await simulator.close()
})

type Options = Partial<Omit<ChatOptions, 'api' | 'baseURL' | 'apiKey'>>

function chatOf(options: Options = {}): Chat {
  return createChat({ api: server.api, model: 'any', id: 'thread', flush: 5, ...options })
}

const textOf = (chat: Chat): string => answerOf(chat).text

/** Sends, and leaves as a page does that is closed, in the middle of the answer. */
async function leaveHalfway(options: Options = {}): Promise<readonly ChatMessage[]> {
  const chat = chatOf(options)
  void chat.sendMessage({ text: 'Hello' })
  await until('some text came', () => textOf(chat).length > 20)
  chat.detach()
  return chat.getSnapshot().messages
}

async function ended(chat: Chat): Promise<void> {
  await until('the answer ended', () => answerOf(chat).outcome !== null)
}

describe('resumeStream', () => {
  it('rejoins the running answer, without a lost or a doubled token', async () => {
    const left = await leaveHalfway()
    const chat = chatOf()
    const texts: string[] = []
    chat.subscribe(() => texts.push(textOf(chat)))
    await chat.resumeStream()
    expect(chat.getSnapshot()).toMatchObject({ status: 'streaming', runState: 'reconnecting', error: null })
    expect(chat.getSnapshot().messages.map(({ id }) => id)).toEqual(left.map(({ id }) => id))
    expect(textOf(chat).length).toBeGreaterThan(20)
    expect(textOf(chat).length).toBeLessThan(ANSWER.length)
    await ended(chat)
    expect(textOf(chat)).toBe(ANSWER)
    expect(texts.every((text, i) => ANSWER.startsWith(text) && text.startsWith(texts[i - 1] ?? ''))).toBe(true)
    expect(answerOf(chat).outcome).toMatchObject({ status: 'completed', usage: { source: 'provider' } })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', messages: [{ role: 'user', text: 'Hello' }, {}] })
    expect(simulator.stats.requests).toHaveLength(1)
  })

  it('brings the whole answer that ended while nobody watched', async () => {
    await leaveHalfway()
    await until('the answer ended', () => simulator.stats.open === 0)
    await sleep(20)
    const chat = chatOf()
    await chat.resumeStream()
    expect(chat.getSnapshot()).toMatchObject({
      status: 'ready',
      messages: [
        { role: 'user', text: 'Hello' },
        { text: ANSWER, outcome: { status: 'completed' } },
      ],
    })
  })

  it('goes on from what was saved, under the same names', async () => {
    const persistence = storagePersistence(createMemoryStorage())
    const first = chatOf({ persistence })
    await first.sendMessage({ text: 'First' })
    await leaveHalfway({ persistence, initialMessages: first.getSnapshot().messages })
    const chat = chatOf({ persistence })
    await chat.resumeStream()
    await ended(chat)
    expect(chat.getSnapshot().messages).toMatchObject([
      { text: 'First' },
      { text: ANSWER, outcome: { status: 'completed' } },
      { text: 'Hello' },
      { text: ANSWER, outcome: { status: 'completed' } },
    ])
    expect(chat.getSnapshot().messages[1]).toEqual(first.getSnapshot().messages[1])
  })

  it('stops the answer that it rejoined', async () => {
    await leaveHalfway()
    const chat = chatOf()
    await chat.resumeStream()
    await until('more text came', () => textOf(chat).length > 40)
    const stopped = chat.stop()
    const text = textOf(chat)
    await stopped
    expect(answerOf(chat)).toMatchObject({
      text,
      outcome: { status: 'cancelled', cancellation: { upstream: 'closed' } },
    })
    expect(simulator.stats.produced).toBeLessThan(TOKENS.length)
  })

  it('gives a live answer that the server does not know an end', async () => {
    const live = answer('a1', 'Half an', 'q1', null)
    const persistence = memoryPersistence()
    await persistence.save('thread', savedChat([question('q1', 'Hello'), live]))
    const chat = chatOf({ persistence })
    await chat.resumeStream()
    expect(answerOf(chat)).toMatchObject({
      text: 'Half an',
      outcome: { status: 'incomplete', error: { code: 'producer_lost' }, usage: { source: 'unknown' } },
    })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  })

  it('finds nothing for a new thread, and changes nothing', async () => {
    const chat = chatOf({ id: 'another' })
    await leaveHalfway()
    await chat.resumeStream()
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', runState: null, error: null, messages: [] })
  })

  it('shows what was saved also where the server cannot be reached, and tells that', async () => {
    const persistence = memoryPersistence()
    const saved = [question('q1', 'Hello')]
    await persistence.save('thread', savedChat(saved))
    const errors: ChatStreamError[] = []
    const fetch = (): Promise<Response> => Promise.reject(new TypeError('offline'))
    const chat = chatOf({ persistence, fetch, onError: (error) => errors.push(error) })
    await chat.resumeStream()
    expect(chat.getSnapshot()).toMatchObject({ status: 'error', error: { code: 'network' }, messages: saved })
    expect(errors).toHaveLength(1)
  })

  it('asks the server also where what was saved cannot be read, and tells that', async () => {
    await leaveHalfway()
    const errors: ChatStreamError[] = []
    const broken = { ...memoryPersistence(), load: () => Promise.reject(new Error('locked')) }
    const chat = chatOf({ persistence: broken, onError: (error) => errors.push(error) })
    await chat.resumeStream()
    await ended(chat)
    expect(textOf(chat)).toBe(ANSWER)
    expect(errors).toMatchObject([{ code: 'invalid_request', cause: { message: 'locked' } }])
  })

  it('is not overtaken by a send that comes before the saved thread was read', async () => {
    const persistence = memoryPersistence()
    const before = chatOf({ persistence })
    await before.sendMessage({ text: 'Hello' })
    const slow = { ...persistence, load: (thread: string) => sleep(10).then(() => persistence.load(thread)) }
    const chat = chatOf({ persistence: slow })
    const [, second] = await Promise.allSettled([
      chat.sendMessage({ text: 'Again' }),
      chat.sendMessage({ text: 'And again' }, { sendPolicy: 'reject' }),
    ])
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'invalid_request' } })
    expect(chat.getSnapshot().messages.map(({ text }) => text)).toEqual(['Hello', ANSWER, 'Again', ANSWER])
    expect(await persistence.load('thread')).toEqual(savedChat(chat.getSnapshot().messages))
  })

  it('is one, however often it is called at a time', async () => {
    await leaveHalfway()
    const chat = chatOf()
    await Promise.all([chat.resumeStream(), chat.resumeStream()])
    await chat.resumeStream()
    await ended(chat)
    expect(textOf(chat)).toBe(ANSWER)
    expect(server.requests.filter((request) => request.startsWith('GET /runs?'))).toHaveLength(1)
    expect(server.requests.filter((request) => request.includes('/events'))).toHaveLength(1)
  })

  it('overtakes nobody who sent in the meantime', async () => {
    const persistence = memoryPersistence()
    await persistence.save('thread', savedChat([question('q0', 'Earlier')]))
    let answerList = (): void => {}
    const chat = chatOf({
      persistence,
      async fetch(url, init) {
        if (url.includes('/runs?')) await new Promise<void>((resolve) => (answerList = resolve))
        return fetch(url, init)
      },
    })
    const resumed = chat.resumeStream()
    await until('the saved messages are shown', () => chat.getSnapshot().messages.length === 1)
    await chat.sendMessage({ text: 'Hello' })
    answerList()
    await resumed
    expect(chat.getSnapshot().messages).toMatchObject([{ text: 'Earlier' }, { text: 'Hello' }, { text: ANSWER }])
    expect((await persistence.load('thread'))?.messages).toHaveLength(3)
  })
})

describe('persistence', () => {
  it('is given the messages at each send and each end', async () => {
    const storage = createMemoryStorage()
    const persistence = storagePersistence(storage)
    const chat = chatOf({ persistence })
    const sent = chat.sendMessage({ text: 'Hello' })
    await until('the question was saved', () => storage.items.size > 0)
    const messages = [{ text: 'Hello' }, { text: '', outcome: null }]
    expect(await persistence.load('thread')).toMatchObject({ messages })
    await sent
    expect(await persistence.load('thread')).toMatchObject({
      messages: [{ text: 'Hello' }, { text: ANSWER, outcome: { status: 'completed' } }],
      selected: answerOf(chat).id,
    })
  })

  it('may hold garbage', async () => {
    const storage = createMemoryStorage()
    storage.setItem('sluice:thread', '{"half')
    const chat = chatOf({ persistence: storagePersistence(storage) })
    await chat.resumeStream()
    expect(chat.getSnapshot()).toMatchObject({ messages: [], error: null })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'completed' })
  })

  it('tells of a save that fails, at once or later, and harms no answer', async () => {
    const full = new DOMException('The quota has been exceeded.', 'QuotaExceededError')
    const failing = {
      ...createMemoryStorage(),
      setItem() {
        throw full
      },
    }
    const later = { ...memoryPersistence(), save: () => Promise.reject(full) }
    for (const persistence of [storagePersistence(failing), later]) {
      const errors: ChatStreamError[] = []
      const chat = chatOf({ id: crypto.randomUUID(), persistence, onError: (error) => errors.push(error) })
      expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'completed' })
      await sleep(0)
      expect(errors).toHaveLength(2)
      expect(errors[0]).toMatchObject({ code: 'invalid_request', cause: full })
      expect(chat.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    }
  })
})

describe('mount', () => {
  it('resumes only where it was asked to', async () => {
    await leaveHalfway()
    const quiet = chatOf()
    quiet.mount()
    await sleep(20)
    expect(quiet.getSnapshot().messages).toEqual([])
    const chat = chatOf({ resume: true })
    chat.mount()
    await until('the thread is back', () => chat.getSnapshot().messages.length === 2)
    await ended(chat)
    expect(textOf(chat)).toBe(ANSWER)
  })

  it('keeps the run through an unmount and a mount in one task', async () => {
    const chat = chatOf()
    chat.mount()()
    const unmount = chat.mount()
    void chat.sendMessage({ text: 'Hello' })
    await until('some text came', () => textOf(chat).length > 20)
    unmount()
    chat.mount()
    await ended(chat)
    expect(answerOf(chat)).toMatchObject({ text: ANSWER, outcome: { status: 'completed' } })
    expect(server.requests).toHaveLength(1)
  })

  it('keeps the run as long as one of two is mounted, however often the other unmounts', async () => {
    const chat = chatOf()
    chat.mount()
    const unmount = chat.mount()
    void chat.sendMessage({ text: 'Hello' })
    await until('some text came', () => textOf(chat).length > 20)
    unmount()
    unmount()
    await ended(chat)
    expect(answerOf(chat).outcome).toMatchObject({ status: 'completed' })
  })

  it('leaves the run with the last unmount, without stopping it, and rejoins it with the next mount', async () => {
    const chat = chatOf({ resume: true })
    const unmount = chat.mount()
    await chat.resumeStream()
    void chat.sendMessage({ text: 'Hello' })
    await until('some text came', () => textOf(chat).length > 20)
    unmount()
    await ended(chat)
    expect(answerOf(chat).outcome).toMatchObject({ status: 'incomplete', detached: true })
    expect(chat.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(simulator.stats.open).toBe(1)
    chat.mount()
    await until('the answer is back', () => chat.getSnapshot().status === 'streaming')
    await ended(chat)
    expect(answerOf(chat)).toMatchObject({ text: ANSWER, outcome: { status: 'completed' } })
    expect(simulator.stats.requests).toMatchObject([{ outcome: 'finished', produced: TOKENS.length }])
  })

  it('joins nothing for a chat that was unmounted before its thread was found', async () => {
    await leaveHalfway()
    const chat = chatOf({ resume: true })
    chat.mount()()
    await until('the thread was asked for', () => server.requests.some((request) => request.startsWith('GET /runs?')))
    await sleep(30)
    expect(server.requests.filter((request) => request.includes('/events'))).toEqual([])
    chat.mount()
    await until('the answer is back', () => chat.getSnapshot().status === 'streaming')
    await ended(chat)
    expect(textOf(chat)).toBe(ANSWER)
  })
})
