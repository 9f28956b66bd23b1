import { afterEach, describe, expect, it, vi } from 'vitest'
import { answerOf } from '../testing/chat.ts'
import { startScriptedServer, type ScriptedServer, type Turn } from '../testing/scripted-chat.ts'
import { until } from '../testing/until.ts'
import type { Chat } from './chat.ts'
import type { ToolCall } from './message.ts'
import { memoryPersistence } from './persistence.ts'
import { toolCalls } from './tool-calls.ts'

let server: ScriptedServer

afterEach(() => server.close())

const call = (id: string) => ({ id, name: 'weather', arguments: `{"at":"${id}"}` })
const ASKS: Turn = { says: ['Let me look. '], calls: [call('ulm'), call('bonn')] }
const GOES_ON: Turn = { says: ['It rains.'] }

const outputsOf = (chat: Chat, index: number): readonly unknown[] => {
  const message = chat.getSnapshot().messages[index]
  return message?.role === 'assistant' ? toolCalls(message).map(({ output }) => output) : []
}

describe('onToolCall', () => {
  it('is called once for each call, and the chat goes on once every output is there', async () => {
    server = await startScriptedServer(ASKS, GOES_ON)
    const called: ToolCall[] = []
    const chat = server.chat({
      onToolCall(asked) {
        called.push(asked)
        return asked.id === 'ulm' ? Promise.resolve({ sunny: true }) : 'rain'
      },
    })
    expect(await chat.sendMessage({ text: 'Weather?' })).toMatchObject({
      status: 'completed',
      finishReason: 'tool_calls',
    })
    await until(
      'the model went on',
      () => chat.getSnapshot().messages.length === 3 && chat.getSnapshot().status === 'ready',
    )
    expect(called).toMatchObject([
      { id: 'ulm', name: 'weather', arguments: '{"at":"ulm"}' },
      { id: 'bonn', arguments: '{"at":"bonn"}' },
    ])
    expect(outputsOf(chat, 1)).toEqual([{ sunny: true }, 'rain'])
    const [, asked, next] = chat.getSnapshot().messages
    expect(next).toMatchObject({ role: 'assistant', text: 'It rains.', parentId: asked?.id })
    expect(server.asked).toHaveLength(2)
    expect(server.asked[1]).toMatchObject({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: 'Let me look. ', tool_calls: [{ id: 'ulm' }, { id: 'bonn' }] },
        { role: 'tool', tool_call_id: 'ulm', content: '{"sunny":true}' },
        { role: 'tool', tool_call_id: 'bonn', content: 'rain' },
      ],
    })
  })

  it('may go through several rounds', async () => {
    server = await startScriptedServer({ calls: [call('one')] }, { calls: [call('two')] }, GOES_ON)
    const chat = server.chat({ onToolCall: ({ id }) => `${id}!` })
    await chat.sendMessage({ text: 'Weather?' })
    await until('the model went on', () => answerOf(chat).text === 'It rains.' && chat.getSnapshot().status === 'ready')
    expect(server.asked).toHaveLength(3)
  })

  it('leaves a call open that it has no output for, or throws at', async () => {
    const reported = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reported)
    server = await startScriptedServer(ASKS, GOES_ON)
    const broken = new Error('broken tool')
    const chat = server.chat({
      async onToolCall({ id }) {
        if (id === 'ulm') throw broken
      },
    })
    await chat.sendMessage({ text: 'Weather?' })
    await until('the error was reported', () => reported.mock.calls.length === 1)
    expect(reported).toHaveBeenCalledWith(broken)
    expect(outputsOf(chat, 1)).toEqual([undefined, undefined])
    expect(server.asked).toHaveLength(1)
    vi.unstubAllGlobals()
  })

  it('does not make a chat go on that was stopped meanwhile', async () => {
    server = await startScriptedServer(ASKS, GOES_ON)
    const answers: ((output: string) => void)[] = []
    const chat = server.chat({ onToolCall: () => new Promise((resolve) => answers.push(resolve)) })
    await chat.sendMessage({ text: 'Weather?' })
    await chat.stop()
    answers.forEach((resolve) => resolve('rain'))
    await until('the outputs are there', () => outputsOf(chat, 1).every((output) => output === 'rain'))
    expect(chat.getSnapshot().messages).toHaveLength(2)
    expect(await chat.regenerate({ messageId: answerOf(chat).id })).toMatchObject({ status: 'completed' })
  })
})

describe('addToolOutput', () => {
  it('goes on with the last output, and gives the outcome of that', async () => {
    server = await startScriptedServer(ASKS, GOES_ON)
    const chat = server.chat()
    await chat.sendMessage({ text: 'Weather?' })
    expect(await chat.addToolOutput({ toolCallId: 'bonn', output: undefined })).toBeUndefined()
    expect(await chat.addToolOutput({ toolCallId: 'bonn', output: 'again' })).toBeUndefined()
    expect(outputsOf(chat, 1)).toEqual([undefined, null])
    expect(await chat.addToolOutput({ toolCallId: 'ulm', output: 7 })).toMatchObject({ message: { text: 'It rains.' } })
    expect(server.asked[1]).toMatchObject({ messages: [{}, {}, { content: '7' }, { content: 'null' }] })
    await expect(chat.addToolOutput({ toolCallId: 'nobody', output: 1 })).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('is what calls wait for after a reload; onToolCall is not repeated', async () => {
    server = await startScriptedServer(ASKS, GOES_ON)
    const persistence = memoryPersistence()
    const first = server.chat({ persistence })
    await first.sendMessage({ text: 'Weather?' })
    await first.addToolOutput({ toolCallId: 'ulm', output: 'sun' })
    const onToolCall = vi.fn<() => string>(() => 'again')
    const chat = server.chat({ persistence, onToolCall, resume: true })
    await chat.resumeStream()
    expect(outputsOf(chat, 1)).toEqual(['sun', undefined])
    expect(await chat.addToolOutput({ toolCallId: 'bonn', output: 'rain' })).toMatchObject({ status: 'completed' })
    expect(chat.getSnapshot().messages).toHaveLength(3)
    expect(onToolCall).not.toHaveBeenCalled()
    expect(server.asked).toHaveLength(2)
  })

  it('leaves a question alone that the user has gone on with', async () => {
    server = await startScriptedServer(ASKS, GOES_ON)
    const chat = server.chat()
    await chat.sendMessage({ text: 'Weather?' })
    await chat.sendMessage({ text: 'Never mind.' })
    expect(server.asked[1]).toMatchObject({ messages: [{}, { content: 'Let me look. ' }, { content: 'Never mind.' }] })
    await chat.addToolOutput({ toolCallId: 'ulm', output: 'sun' })
    expect(await chat.addToolOutput({ toolCallId: 'bonn', output: 'rain' })).toBeUndefined()
    expect(server.asked).toHaveLength(2)
  })
})

describe('a question in the queue', () => {
  it('waits until the tools have answered and the model went on', async () => {
    server = await startScriptedServer(ASKS, GOES_ON, { says: ['Bye.'] })
    const chat = server.chat({ onToolCall: async ({ id }) => id })
    void chat.sendMessage({ text: 'Weather?' })
    await chat.sendMessage({ text: 'Thanks!' })
    expect(chat.getSnapshot().messages.map(({ text }) => text)).toEqual([
      'Weather?',
      'Let me look. ',
      'It rains.',
      'Thanks!',
      'Bye.',
    ])
  })
})
