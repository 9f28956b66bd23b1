import { del, get, set } from 'idb-keyval'
import { describe, expectTypeOf, it } from 'vitest'
import {
  createChat,
  keyValuePersistence,
  useChatSelector,
  useChatStream,
  useMessage,
  type AnswerMessage,
  type Chat,
  type ChatMessage,
  type ChatPersistence,
  type ChatStreamError,
  type RunOutcome,
  type RunState,
  type ToolCall,
} from './index.ts'

const OPTIONS = { api: '/v1', model: 'any' } as const

interface Mood {
  readonly mood: string
}

const readMetadata = (value: unknown): Mood => ({ mood: String(value) })

describe('useChatStream', () => {
  it('gives the words that chat UIs share, and the exact state', () => {
    const chat = useChatStream(OPTIONS)
    expectTypeOf(chat.status).toEqualTypeOf<'submitted' | 'streaming' | 'ready' | 'error'>()
    expectTypeOf(chat.runState).toEqualTypeOf<RunState | null>()
    expectTypeOf(chat.error).toEqualTypeOf<ChatStreamError | null>()
    expectTypeOf(chat.messages).toEqualTypeOf<readonly ChatMessage[]>()
    expectTypeOf(chat.sendMessage).returns.toEqualTypeOf<Promise<RunOutcome>>()
  })

  it('infers the type of metadata from what checks it, everywhere', () => {
    const chat = useChatStream({ ...OPTIONS, readMetadata })
    expectTypeOf(chat.messages).toEqualTypeOf<readonly ChatMessage<Mood>[]>()
    expectTypeOf(chat.queue[0]?.metadata).toEqualTypeOf<Mood | undefined>()
    expectTypeOf(chat.chat).toEqualTypeOf<Chat<Mood>>()
    void chat.sendMessage({ text: 'Hello', metadata: { mood: 'good' } })
    // @ts-expect-error Metadata is of the type that is checked.
    void chat.sendMessage({ text: 'Hello', metadata: 7 })
    expectTypeOf(useMessage('q', chat.chat)?.metadata).toEqualTypeOf<Mood | undefined>()
    expectTypeOf(useChatSelector(({ messages }) => messages[0]?.metadata, { chat: chat.chat })).toEqualTypeOf<
      Mood | undefined
    >()
  })

  it('takes metadata for unknown where nothing checks it', () => {
    expectTypeOf(useChatStream(OPTIONS).messages[0]?.metadata).toBeUnknown()
  })

  it('takes either a server or a chat, and never a key', () => {
    const chat = createChat({ baseURL: 'http://localhost:11434/v1', model: 'any', readMetadata })
    expectTypeOf(useChatStream({ chat }).messages).toEqualTypeOf<readonly ChatMessage<Mood>[]>()
    // @ts-expect-error A chat brings its own options.
    useChatStream({ chat, api: '/v1' })
    // @ts-expect-error A provider's key has no place in a component: see `createChat`.
    useChatStream({ ...OPTIONS, apiKey: 'sk-any' })
    // @ts-expect-error A chat needs somebody to talk to.
    useChatStream({ model: 'any' })
    // @ts-expect-error A server and a provider are not to be had at once.
    createChat({ ...OPTIONS, baseURL: 'http://localhost:11434/v1' })
  })

  it('knows of options what they may be', () => {
    expectTypeOf(keyValuePersistence({ get, set, del })).toEqualTypeOf<ChatPersistence>()
    useChatStream({ ...OPTIONS, flush: 'frame', sendPolicy: 'replace' })
    useChatStream({ ...OPTIONS, headers: async () => ({ authorization: 'Bearer' }), body: () => ({ temperature: 0 }) })
    // @ts-expect-error There is no such policy.
    useChatStream({ ...OPTIONS, sendPolicy: 'hope' })
    useChatStream({
      ...OPTIONS,
      onToolCall(call, messageId) {
        expectTypeOf(call).toEqualTypeOf<ToolCall>()
        expectTypeOf(messageId).toBeString()
        return call.name
      },
      prepareRequest(request, trigger) {
        expectTypeOf(trigger).toEqualTypeOf<'send' | 'regenerate' | 'edit' | 'tool-output'>()
        return { ...request, messages: request.messages.slice(-10) }
      },
    })
  })
})

describe('a message', () => {
  it('is told apart by its role, its parts by their types, and its outcome by its status', () => {
    const message = useMessage('a')
    if (message?.role !== 'assistant') return
    expectTypeOf(message).toEqualTypeOf<AnswerMessage>()
    for (const part of message.parts) {
      if (part.type === 'text') expectTypeOf(part.blocks).toEqualTypeOf<readonly string[]>()
      if (part.type === 'tool-call') expectTypeOf(part.output).toBeUnknown()
    }
    if (message.outcome?.status === 'cancelled') {
      expectTypeOf(message.outcome.cancellation.requestedBy).toEqualTypeOf<'user' | 'disconnect'>()
    }
    if (message.outcome?.status === 'failed') expectTypeOf(message.outcome.error).toEqualTypeOf<ChatStreamError>()
    expectTypeOf(message.outcome?.usage.source).toEqualTypeOf<'provider' | 'estimated' | 'unknown' | undefined>()
  })
})
