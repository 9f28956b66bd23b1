import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import { textPart } from '../message/text-part.ts'
import { question, savedChat } from '../testing/chat.ts'
import { createMemoryStorage } from '../testing/memory-storage.ts'
import { readInput, type AnswerMessage, type ChatMessage, type MessageOutcome } from './message.ts'
import { keyValuePersistence, memoryPersistence, storagePersistence, type SavedChat } from './persistence.ts'

const FACTS = {
  finishReason: 'stop',
  usage: { source: 'provider', inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  skippedChunks: 1,
} as const

function answer(id: string, outcome: MessageOutcome | null): AnswerMessage {
  return {
    id,
    parentId: 'q1',
    role: 'assistant',
    parts: [
      { type: 'reasoning', text: 'Hm' },
      textPart('Hi '),
      { type: 'tool-call', index: 0, id: 'c1', name: 'look', arguments: '{}', output: { sunny: true } },
      { type: 'tool-call', index: 1, id: 'c2', name: 'look', arguments: '{}' },
      textPart('there'),
    ],
    text: 'Hi there',
    outcome,
  }
}

const MESSAGES: readonly ChatMessage[] = [
  question('s1', 'Be brief.', null, 'system'),
  {
    ...question('q1', 'Hello', 's1'),
    parts: [
      { type: 'file', url: 'data:image/png;base64,AA==', mediaType: 'image/png', name: 'a.png' },
      textPart('Hello'),
    ],
    metadata: { sentAt: 7 },
  },
  answer('a1', { ...FACTS, status: 'completed' }),
  answer('a2', {
    ...FACTS,
    status: 'cancelled',
    cancellation: { requestedBy: 'user', upstream: 'closed', billing: 'stopped', closedAfterMs: 3 },
  }),
  answer('a3', null),
]
const CHAT = savedChat(MESSAGES)

describe('storagePersistence', () => {
  it('gives back what was saved', async () => {
    const storage = createMemoryStorage()
    await storagePersistence(storage).save('t1', CHAT)
    expect(read(await storagePersistence(storage).load('t1'))).toEqual(read(CHAT))
    expect([...storage.items.keys()]).toEqual(['sluice:t1'])
  })

  it('gives back the errors of answers that failed, without their causes', async () => {
    const persistence = storagePersistence(createMemoryStorage(), 'mine/')
    const error = new ChatStreamError('rate_limited', 'Too many.', {
      cause: new Error('sk-secret'),
      status: 429,
      retryAfterMs: 1000,
    })
    const broken: MessageOutcome = { ...FACTS, status: 'incomplete', error: new ChatStreamError('truncated', 'Cut.') }
    await persistence.save('t1', savedChat([answer('a1', { ...FACTS, status: 'failed', error }), answer('a2', broken)]))
    const [failed, incomplete] = (await persistence.load('t1'))?.messages ?? []
    if (failed?.outcome?.status !== 'failed') throw new TypeError('Expected a failure.')
    expect(failed.outcome.error).toBeInstanceOf(ChatStreamError)
    expect(failed.outcome.error.toJSON()).toEqual(error.toJSON())
    expect(failed.outcome.error.cause).toBeUndefined()
    expect(incomplete).toMatchObject({ outcome: { status: 'incomplete', error: { code: 'truncated' } } })
  })

  it('saves an answer that its viewer left as one whose end is not known', async () => {
    const persistence = storagePersistence(createMemoryStorage())
    await persistence.save('t1', savedChat([answer('a1', { ...FACTS, status: 'incomplete', detached: true })]))
    expect(read(await persistence.load('t1'))).toEqual(read(savedChat([answer('a1', null)])))
  })

  it('tells threads apart, and forgets one that is removed', async () => {
    const persistence = storagePersistence(createMemoryStorage())
    expect(await persistence.load('t1')).toBeUndefined()
    await persistence.save('t1', CHAT)
    await persistence.save('t2', savedChat([]))
    await persistence.remove('t1')
    expect(await persistence.load('t1')).toBeUndefined()
    expect(await persistence.load('t2')).toEqual(savedChat([]))
  })

  it('reads no message from garbage, and never throws', async () => {
    const storage = createMemoryStorage()
    const persistence = storagePersistence(storage)
    for (const text of ['', '{', '7', 'null', '[]', '{"id":"a"}', '{"messages":7}']) {
      storage.setItem('sluice:t1', text)
      expect(await persistence.load('t1')).toBeUndefined()
    }
    for (const text of ['[null,7,[]]', '[{"role":"user"}]', '[{"id":"a","role":"ghost"}]']) {
      storage.setItem('sluice:t1', `{"messages":${text}}`)
      expect(await persistence.load('t1')).toEqual({ messages: [], selected: null })
    }
    const field = fc.jsonValue()
    const odd = fc.record({
      id: fc.string(),
      role: fc.constantFrom('user', 'system', 'assistant', 'ghost'),
      text: field,
      parts: fc.oneof(field, fc.array(field)),
      outcome: fc.oneof(
        field,
        fc.record({ status: fc.constantFrom('failed', 'cancelled', 'completed'), error: field }),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.array(fc.oneof(odd, field)), field), async (stored) => {
        storage.setItem('sluice:t1', JSON.stringify({ messages: stored }))
        for (const { id, text } of (await persistence.load('t1'))?.messages ?? []) {
          expect([typeof id, typeof text]).toEqual(['string', 'string'])
        }
      }),
    )
  })
})

describe('keyValuePersistence', () => {
  it('takes functions that answer later, and whatever they bring', async () => {
    const items = new Map<string, unknown>([['sluice:foreign', { messages: 'elsewhere' }]])
    const persistence = keyValuePersistence({
      get: async (key) => items.get(key),
      set: async (key, value) => items.set(key, value),
      del: async (key) => items.delete(key),
    })
    await persistence.save('t1', CHAT)
    expect(read(await persistence.load('t1'))).toEqual(read(CHAT))
    expect(await persistence.load('foreign')).toBeUndefined()
    await persistence.remove('t1')
    expect([...items.keys()]).toEqual(['sluice:foreign'])
  })
})

describe('storagePersistence of a function', () => {
  it('calls it not before something is read or written', async () => {
    let opened = 0
    const storage = createMemoryStorage()
    const persistence = storagePersistence(() => {
      opened += 1
      return storage
    })
    expect(opened).toBe(0)
    await persistence.save('t1', CHAT)
    expect(opened).toBe(1)
  })
})

describe('memoryPersistence', () => {
  it('keeps threads as long as it lives', async () => {
    const persistence = memoryPersistence()
    await persistence.save('t1', CHAT)
    expect(await persistence.load('t1')).toBe(CHAT)
    await persistence.remove('t1')
    expect(await persistence.load('t1')).toBeUndefined()
  })
})

/** A chat as the next visit sees it: with each message read anew. */
function read(chat: SavedChat | undefined): unknown {
  return {
    ...chat,
    messages: chat?.messages.map((message) => readInput(message, message.parentId ?? null, message.metadata)),
  }
}
