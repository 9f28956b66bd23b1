import { afterEach, describe, expect, it } from 'vitest'
import { answer, answerOf, question, savedChat } from '../testing/chat.ts'
import { createMemoryStorage } from '../testing/memory-storage.ts'
import { startScriptedServer, type ScriptedServer, type Turn } from '../testing/scripted-chat.ts'
import { until } from '../testing/until.ts'
import type { Chat } from './chat.ts'
import { createChat } from './create-chat.ts'
import { memoryPersistence, storagePersistence } from './persistence.ts'

let server: ScriptedServer

afterEach(() => server.close())

const LONG: Turn = { says: Array.from({ length: 400 }, (_, i) => `t${i} `), paceMs: 2 }

const textsOf = (chat: Chat): readonly string[] => chat.getSnapshot().messages.map(({ text }) => text)
const idsOf = (chat: Chat): readonly string[] => chat.getSnapshot().messageIds

async function someText(chat: Chat): Promise<void> {
  await until('some text came', () => answerOf(chat).text !== '' && answerOf(chat).outcome === null)
}

describe('regenerate', () => {
  it('adds another answer to the question, and lets one go back and forth', async () => {
    server = await startScriptedServer({ says: ['One'] }, { says: ['Two'] })
    const chat = server.chat()
    await chat.sendMessage({ text: 'Hello' })
    const [asked = '', first = ''] = idsOf(chat)
    expect(await chat.regenerate()).toMatchObject({ status: 'completed', message: { text: 'Two' } })
    const second = answerOf(chat).id
    expect(textsOf(chat)).toEqual(['Hello', 'Two'])
    expect(server.asked[1]).toMatchObject({ messages: [{ role: 'user', content: 'Hello' }] })
    expect(chat.getSnapshot().branches(second)).toEqual([first, second])
    chat.selectBranch(first)
    expect(textsOf(chat)).toEqual(['Hello', 'One'])
    await chat.sendMessage({ text: 'And?' })
    expect(server.asked[2]).toMatchObject({ messages: [{ content: 'Hello' }, { content: 'One' }, { content: 'And?' }] })
    chat.selectBranch(second)
    expect(textsOf(chat)).toEqual(['Hello', 'Two'])
    chat.selectBranch(first)
    expect(textsOf(chat)).toEqual(['Hello', 'One', 'And?', 'Two'])
    expect(chat.getMessage(second)).toMatchObject({ parentId: asked, text: 'Two' })
  })

  it('asks for an earlier answer again, by its id or by that of its question', async () => {
    server = await startScriptedServer({ says: ['One'] }, { says: ['Two'] }, { says: ['Three'] }, { says: ['Four'] })
    const chat = server.chat()
    await chat.sendMessage({ text: 'First' })
    const [asked = '', given = ''] = idsOf(chat)
    await chat.sendMessage({ text: 'Second' })
    await chat.regenerate({ messageId: given })
    expect(textsOf(chat)).toEqual(['First', 'Three'])
    await chat.regenerate({ messageId: asked, body: { temperature: 0 } })
    expect(textsOf(chat)).toEqual(['First', 'Four'])
    expect(server.asked[3]).toMatchObject({ temperature: 0, messages: [{ content: 'First' }] })
    expect(chat.getSnapshot().branches(given)).toHaveLength(3)
  })

  it('tries a failed send again, and leaves neither a second question nor an empty answer', async () => {
    server = await startScriptedServer({ fails: new Error('broken') }, { says: ['Here'] })
    const chat = server.chat({ maxRetries: 0 })
    expect(await chat.sendMessage({ text: 'Hello' })).toMatchObject({ status: 'failed' })
    expect(chat.getSnapshot()).toMatchObject({ status: 'error', messages: [{ text: 'Hello' }, { text: '' }] })
    expect(await chat.regenerate()).toMatchObject({ status: 'completed' })
    expect(chat.getSnapshot()).toMatchObject({
      status: 'ready',
      error: null,
      messages: [{ text: 'Hello' }, { text: 'Here' }],
    })
    expect(chat.getSnapshot().branches(answerOf(chat).id)).toHaveLength(1)
    const again = server.chat()
    await again.resumeStream()
    expect(textsOf(again)).toEqual(['Hello', 'Here'])
  })

  it('keeps the part of a broken answer as a branch', async () => {
    server = await startScriptedServer({ says: ['Half '], fails: new Error('broken') }, { says: ['Whole'] })
    const chat = server.chat()
    await chat.sendMessage({ text: 'Hello' })
    const broken = answerOf(chat)
    expect(broken).toMatchObject({ text: 'Half ', outcome: { status: 'failed' } })
    await chat.regenerate()
    expect(chat.getSnapshot().branches(answerOf(chat).id)).toHaveLength(2)
    expect(chat.getMessage(broken.id)).toBe(broken)
  })

  it('stops the answer that is running, so that there are never two writers', async () => {
    server = await startScriptedServer(LONG, { says: ['Short'] })
    const chat = server.chat()
    const first = chat.sendMessage({ text: 'Hello' })
    await someText(chat)
    const cut = answerOf(chat).id
    await expect(chat.regenerate({ sendPolicy: 'reject' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await chat.regenerate()).toMatchObject({ status: 'completed', message: { text: 'Short' } })
    expect(await first).toMatchObject({ status: 'cancelled' })
    expect(chat.getMessage(cut)).toMatchObject({ outcome: { status: 'cancelled' } })
    expect(textsOf(chat)).toEqual(['Hello', 'Short'])
  })

  it('takes up an answer that this side gave up, instead of having it generated and billed again', async () => {
    server = await startScriptedServer({ says: ['The ', 'whole ', 'answer'], paceMs: 20 })
    let isOnline = true
    const chat = server.chat({
      fetch: (url, init) => (isOnline ? fetch(url, init) : Promise.reject(new TypeError('offline'))),
    })
    const sent = chat.sendMessage({ text: 'Hello' })
    await someText(chat)
    isOnline = false
    chat.detach()
    expect(await sent).toMatchObject({ detached: true })
    isOnline = true
    expect(await chat.regenerate()).toMatchObject({ status: 'completed', message: { text: 'The whole answer' } })
    expect(textsOf(chat)).toEqual(['Hello', 'The whole answer'])
    expect(server.asked).toHaveLength(1)
  })

  it('rejects where there is nothing to be asked again', async () => {
    server = await startScriptedServer()
    const chat = server.chat({ initialMessages: [{ id: 'hi', role: 'assistant', text: 'Hi! Ask me.' }] })
    for (const options of [undefined, { messageId: 'hi' }, { messageId: 'nobody' }]) {
      await expect(chat.regenerate(options)).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect(server.asked).toEqual([])
  })
})

describe('edit', () => {
  it('asks in other words, with the files and the metadata of before, as another branch', async () => {
    server = await startScriptedServer({ says: ['One'] }, { says: ['Two'] }, { says: ['Three'] })
    const chat = server.chat()
    const image = { type: 'file', url: 'data:image/png;base64,AA==', mediaType: 'image/png' } as const
    await chat.sendMessage({ text: 'Whta?', files: [image], metadata: { mood: 'hasty' } })
    const [typo = ''] = idsOf(chat)
    await chat.edit(typo, { text: 'What?' })
    const [mended] = chat.getSnapshot().messages
    expect(mended).toMatchObject({ text: 'What?', parts: [image, { text: 'What?' }], metadata: { mood: 'hasty' } })
    expect(textsOf(chat)).toEqual(['What?', 'Two'])
    expect(server.asked[1]?.['messages']).toHaveLength(1)
    expect(chat.getSnapshot().branches(typo)).toEqual([typo, mended?.id])
    chat.selectBranch(typo)
    expect(textsOf(chat)).toEqual(['Whta?', 'One'])
  })

  it('rejects an answer, an unknown id and a blank text', async () => {
    server = await startScriptedServer({ says: ['One'] })
    const chat = server.chat()
    await chat.sendMessage({ text: 'Hello' })
    const [asked = '', given = ''] = idsOf(chat)
    await expect(chat.edit(given, { text: 'No' })).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(chat.edit('nobody', { text: 'No' })).rejects.toMatchObject({ code: 'invalid_request' })
    await expect(chat.edit(asked, { text: ' ' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(server.asked).toHaveLength(1)
  })
})

describe('setMessages', () => {
  it('replaces what is shown, as one branch, and saves it', async () => {
    server = await startScriptedServer({ says: ['One'] })
    const persistence = memoryPersistence()
    const chat = server.chat({ persistence })
    await chat.sendMessage({ text: 'Hello' })
    const [asked] = chat.getSnapshot().messages
    chat.setMessages((messages) => messages.slice(0, 1))
    expect(chat.getSnapshot().messages).toEqual([asked])
    expect(chat.getSnapshot().messages[0]).toBe(asked)
    chat.setMessages([
      { id: 'q', role: 'user', text: 'From elsewhere' },
      { id: 'a', role: 'assistant', text: 'Yes' },
    ])
    expect(chat.getSnapshot().messages).toMatchObject([
      { parentId: null, parts: [{ type: 'text', text: 'From elsewhere', tail: 'From elsewhere' }] },
      { parentId: 'q', outcome: { status: 'completed', usage: { source: 'unknown' } } },
    ])
    expect(await persistence.load('thread')).toMatchObject({ messages: [{ id: 'q' }, { id: 'a' }], selected: 'a' })
  })

  it('stops an answer that it takes out', async () => {
    server = await startScriptedServer(LONG)
    const chat = server.chat()
    const sent = chat.sendMessage({ text: 'Hello' })
    await someText(chat)
    chat.setMessages([])
    expect(await sent).toMatchObject({ status: 'cancelled' })
    expect(chat.getSnapshot()).toMatchObject({ messages: [], status: 'ready' })
  })
})

describe('a thread with branches', () => {
  it('comes back from where it was saved, on the branch that was shown', async () => {
    server = await startScriptedServer({ says: ['One'] }, { says: ['Two'] })
    const persistence = storagePersistence(createMemoryStorage())
    const first = server.chat({ persistence })
    await first.sendMessage({ text: 'Hello' })
    const shown = answerOf(first).id
    await first.regenerate()
    first.selectBranch(shown)
    const second = server.chat({ persistence })
    second.mount()
    await until('the thread is back', () => textsOf(second).length === 2)
    expect(textsOf(second)).toEqual(['Hello', 'One'])
    expect(second.getSnapshot().branches(shown)).toHaveLength(2)
  })

  it('joins each answer that is running as the branch that it is, and shows the newest', async () => {
    server = await startScriptedServer(LONG)
    const one = server.chat()
    void one.sendMessage({ text: 'Hello' })
    await someText(one)
    const two = server.chat({ initialMessages: one.getSnapshot().messages.slice(0, 1) })
    void two.regenerate()
    await someText(two)
    const answers = [answerOf(one).id, answerOf(two).id]

    const chat = server.chat()
    await chat.resumeStream()
    expect(chat.getSnapshot().branches(answers[0] ?? '')).toEqual(answers)
    expect(answerOf(chat).id).toBe(answers[1])
    expect(chat.getSnapshot().status).toBe('streaming')
    chat.selectBranch(answers[0] ?? '')
    const { length } = answerOf(chat).text
    await until('the first grows, too', () => answerOf(chat).text.length > length)
    await chat.stop()
    expect(answers.map((id) => chat.getMessage(id))).toMatchObject([
      { outcome: { status: 'cancelled' } },
      { outcome: { status: 'cancelled' } },
    ])
    await until('everybody knows', () => [one, two].every((other) => answerOf(other).outcome?.status === 'cancelled'))
  })

  it('keeps the text of a stopped answer frozen, though its stop is not confirmed yet', async () => {
    server = await startScriptedServer(LONG)
    const chat = server.chat({
      timeouts: { cancelMs: 300 },
      fetch: (url, init) => (url.endsWith('/cancel') ? new Promise(() => {}) : fetch(url, init)),
    })
    const sent = chat.sendMessage({ text: 'Hello' })
    await someText(chat)
    const stopped = chat.stop()
    const { text } = answerOf(chat)
    await chat.resumeStream()
    expect(answerOf(chat)).toMatchObject({ text, outcome: null })
    await stopped
    expect(await sent).toMatchObject({ status: 'cancelled', message: { text } })
    expect(answerOf(chat)).toMatchObject({ text, outcome: { status: 'cancelled' } })
  })

  it('lets a search that fails later than a send leave that answer alone', async () => {
    server = await startScriptedServer(LONG)
    let fail = (): void => {}
    const chat = server.chat({
      async fetch(url, init) {
        if (!url.includes('/runs?')) return fetch(url, init)
        await new Promise<void>((resolve) => (fail = resolve))
        throw new TypeError('offline')
      },
    })
    const resumed = chat.resumeStream()
    void chat.sendMessage({ text: 'Hello' })
    await someText(chat)
    fail()
    await resumed
    expect(answerOf(chat).outcome).toBeNull()
    expect(chat.getSnapshot()).toMatchObject({ status: 'streaming', error: null })
    await chat.stop()
  })

  it('is read as one branch where no parents are told, and as it can be where they are wrong', async () => {
    server = await startScriptedServer()
    const flat = server.chat({
      initialMessages: [
        { id: 'q', role: 'user', text: 'Hello' },
        { id: 'a', role: 'assistant', text: 'Hi', parentId: 'nobody' },
      ],
    })
    expect(flat.getSnapshot().messages).toMatchObject([{ parentId: null }, { parentId: 'q' }])
    expect(flat.getInitialSnapshot()).toBe(flat.getSnapshot())
  })

  it('shows no answer as live that nobody will ever see grow', async () => {
    server = await startScriptedServer()
    const persistence = memoryPersistence()
    await persistence.save('thread', savedChat([question('q', 'Hello'), answer('a', 'Half', 'q', null)]))
    const straight = createChat({ baseURL: 'http://localhost', model: 'any', id: 'thread', persistence, resume: true })
    const chat = server.chat({ persistence })
    for (const restored of [straight, chat]) {
      restored.mount()
      await until('the thread is back', () => textsOf(restored).length === 2 && answerOf(restored).outcome !== null)
      expect(answerOf(restored)).toMatchObject({ text: 'Half', outcome: { status: 'incomplete', detached: true } })
    }
    await chat.resumeStream()
    expect(answerOf(chat)).toMatchObject({ outcome: { status: 'incomplete', error: { code: 'producer_lost' } } })
  })
})

describe('readMetadata', () => {
  it('checks what comes from outside, and drops what it throws at', async () => {
    server = await startScriptedServer()
    const readMetadata = (value: unknown): number => {
      if (typeof value !== 'number') throw new TypeError('Expected a number.')
      return value
    }
    const ask = { role: 'user', text: 'Hello' } as const
    const chat = server.chat({
      readMetadata,
      initialMessages: [
        { id: 'q1', ...ask, metadata: 7 },
        { id: 'q2', ...ask, metadata: 'seven' },
      ],
    })
    expect(chat.getSnapshot().messages.map(({ metadata }) => metadata)).toEqual([7, undefined])
  })
})
