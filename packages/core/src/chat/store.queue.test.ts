import { afterEach, describe, expect, it } from 'vitest'
import { answerOf } from '../testing/chat.ts'
import { startScriptedServer, type ScriptedServer, type Turn } from '../testing/scripted-chat.ts'
import { until } from '../testing/until.ts'
import type { Chat } from './chat.ts'

let server: ScriptedServer

afterEach(() => server.close())

const LONG: Turn = { says: Array.from({ length: 400 }, (_, i) => `t${i} `), paceMs: 2 }
const SOME: Turn = { says: ['Well, ', 'some ', 'words.'], paceMs: 10 }

const textsOf = (chat: Chat): readonly string[] => chat.getSnapshot().messages.map(({ text }) => text)
const queueOf = (chat: Chat): readonly unknown[] => chat.getSnapshot().queue.map(({ text }) => text)

async function someText(chat: Chat): Promise<void> {
  await until('some text came', () => answerOf(chat).text !== '' && answerOf(chat).outcome === null)
}

describe('the policy queue', () => {
  it('sends one after the other, each when the answer before it has completed', async () => {
    server = await startScriptedServer(SOME)
    const chat = server.chat()
    const sent = ['One', 'Two', 'Three'].map((text) => chat.sendMessage({ text }))
    expect(queueOf(chat)).toEqual(['Two', 'Three'])
    expect(chat.getSnapshot().messages).toHaveLength(2)
    const queued = chat.getSnapshot().queue[0]?.id
    expect(await Promise.all(sent)).toMatchObject([
      { status: 'completed' },
      { status: 'completed' },
      { status: 'completed' },
    ])
    const said = 'Well, some words.'
    expect(textsOf(chat)).toEqual(['One', said, 'Two', said, 'Three', said])
    expect(chat.getSnapshot()).toMatchObject({ queue: [], status: 'ready' })
    expect(chat.getSnapshot().messageIds[2]).toBe(queued)
    expect(server.asked.map(({ messages }) => (Array.isArray(messages) ? messages.length : 0))).toEqual([1, 3, 5])
  })

  it('takes a question back, whose send resolves as never started', async () => {
    server = await startScriptedServer(SOME)
    const chat = server.chat()
    const sent = chat.sendMessage({ text: 'One' })
    const queued = chat.sendMessage({ text: 'Two' })
    chat.cancelQueued(chat.getSnapshot().queue[0]?.id ?? '')
    expect(queueOf(chat)).toEqual([])
    expect(await queued).toMatchObject({
      status: 'cancelled',
      cancellation: { upstream: 'not-started', billing: 'stopped' },
    })
    await sent
    expect(server.asked).toHaveLength(1)
  })

  it('waits after a stop, and goes on in order with the next send', async () => {
    server = await startScriptedServer(LONG, SOME)
    const chat = server.chat()
    const first = chat.sendMessage({ text: 'One' })
    void chat.sendMessage({ text: 'Two' })
    await someText(chat)
    await chat.stop()
    expect(await first).toMatchObject({ status: 'cancelled' })
    expect(queueOf(chat)).toEqual(['Two'])
    expect(server.asked).toHaveLength(1)
    expect(await chat.sendMessage({ text: 'Three' })).toMatchObject({ status: 'completed' })
    expect(textsOf(chat).filter((_, i) => i % 2 === 0)).toEqual(['One', 'Two', 'Three'])
  })

  it('waits after a broken end, too', async () => {
    server = await startScriptedServer({ says: ['Half'], fails: new Error('broken'), paceMs: 20 }, SOME)
    const chat = server.chat()
    const first = chat.sendMessage({ text: 'One' })
    const second = chat.sendMessage({ text: 'Two' })
    expect(await first).toMatchObject({ status: 'failed' })
    expect(queueOf(chat)).toEqual(['Two'])
    await chat.regenerate()
    expect(await second).toMatchObject({ status: 'completed' })
    expect(textsOf(chat)).toEqual(['One', 'Well, some words.', 'Two', 'Well, some words.'])
  })
})

describe('the policies replace and reject', () => {
  it('stops the running answer and sends at once', async () => {
    server = await startScriptedServer(LONG, SOME)
    const chat = server.chat({ sendPolicy: 'replace' })
    const first = chat.sendMessage({ text: 'One' })
    await someText(chat)
    const second = chat.sendMessage({ text: 'Two' })
    const [, cut] = chat.getSnapshot().messages
    expect(chat.getSnapshot()).toMatchObject({ status: 'submitted', queue: [] })
    expect(await first).toMatchObject({ status: 'cancelled', message: { text: cut?.text } })
    expect(await second).toMatchObject({ status: 'completed' })
    expect(textsOf(chat)).toEqual(['One', cut?.text, 'Two', 'Well, some words.'])
  })

  it('rejects the second send, and leaves the first alone', async () => {
    server = await startScriptedServer(SOME)
    const chat = server.chat({ sendPolicy: 'reject' })
    const sent = chat.sendMessage({ text: 'One' })
    await expect(chat.sendMessage({ text: 'Two' })).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await sent).toMatchObject({ status: 'completed' })
    expect(textsOf(chat)).toHaveLength(2)
    expect(server.asked).toHaveLength(1)
  })
})

describe('what a request is made of', () => {
  it('adds the headers and the fields of functions, anew each time', async () => {
    server = await startScriptedServer(SOME)
    const sent: (string | null)[] = []
    let token = 0
    const chat = server.chat({
      headers: async () => ({ authorization: `Bearer ${(token += 1)}` }),
      body: () => ({ temperature: token, top_p: 1 }),
      fetch(url, init) {
        sent.push(new Headers(init.headers).get('authorization'))
        return fetch(url, init)
      },
    })
    await chat.sendMessage({ text: 'One' }, { body: { top_p: 0.5 } })
    await chat.sendMessage({ text: 'Two' })
    expect(sent).toEqual(['Bearer 1', 'Bearer 2'])
    expect(server.asked).toMatchObject([
      { temperature: 0, top_p: 0.5 },
      { temperature: 1, top_p: 1 },
    ])
  })

  it('sends what prepareRequest makes of it, and nothing where that throws', async () => {
    server = await startScriptedServer(SOME)
    const chat = server.chat({
      prepareRequest({ messages, ...rest }, trigger) {
        if (trigger === 'regenerate') throw new RangeError('Enough.')
        return { ...rest, model: 'other', messages: [{ role: 'system', content: trigger }, ...messages.slice(-1)] }
      },
    })
    await chat.sendMessage({ text: 'One' })
    await chat.sendMessage({ text: 'Two' })
    expect(server.asked[1]).toMatchObject({ model: 'other', messages: [{ content: 'send' }, { content: 'Two' }] })
    const snapshot = chat.getSnapshot()
    await expect(chat.regenerate()).rejects.toThrow('Enough.')
    expect(chat.getSnapshot().messages).toEqual(snapshot.messages)
  })

  it('never sends the metadata of a message', async () => {
    server = await startScriptedServer(SOME)
    const chat = server.chat()
    await chat.sendMessage({ text: 'One', metadata: { secret: 'mine' } })
    expect(chat.getSnapshot().messages[0]?.metadata).toEqual({ secret: 'mine' })
    expect(JSON.stringify(server.asked)).not.toContain('mine')
  })
})

describe('onFinish', () => {
  it('is called once for a run that was left and watched again, and never for the leaving', async () => {
    server = await startScriptedServer({ ...LONG, says: LONG.says?.slice(0, 60) ?? [] })
    const statuses: string[] = []
    const chat = server.chat({ onFinish: ({ status }) => statuses.push(status) })
    void chat.sendMessage({ text: 'One' })
    await someText(chat)
    chat.detach()
    expect(statuses).toEqual([])
    await chat.resumeStream()
    await until('the answer ended', () => answerOf(chat).outcome?.status === 'completed')
    expect(statuses).toEqual(['completed'])
  })
})

describe('stopOnUnmount', () => {
  it('stops the answer with the last unmount, and not with one that a mount follows', async () => {
    server = await startScriptedServer(LONG)
    const chat = server.chat({ stopOnUnmount: true })
    const unmount = chat.mount()
    const sent = chat.sendMessage({ text: 'One' })
    await someText(chat)
    unmount()
    const again = chat.mount()
    await someText(chat)
    again()
    expect(await sent).toMatchObject({ status: 'cancelled' })
  })
})
