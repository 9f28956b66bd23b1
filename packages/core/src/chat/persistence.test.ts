import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import { createMemoryStorage } from '../testing/memory-storage.ts'
import { questionMessage, type AnswerMessage, type ChatMessage, type MessageOutcome } from './message.ts'
import { memoryPersistence, storagePersistence } from './persistence.ts'

const FACTS = {
  finishReason: 'stop',
  usage: { source: 'provider', inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  skippedChunks: 1,
} as const

function answer(id: string, outcome: MessageOutcome | null): AnswerMessage {
  return {
    id,
    role: 'assistant',
    parts: [
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi ' },
      { type: 'tool-call', id: 'c1', name: 'look', arguments: '{}' },
      { type: 'text', text: 'there' },
    ],
    text: 'Hi there',
    outcome,
  }
}

const MESSAGES: readonly ChatMessage[] = [
  questionMessage('system', 's1', 'Be brief.'),
  questionMessage('user', 'q1', 'Hello'),
  answer('a1', { ...FACTS, status: 'completed' }),
  answer('a2', {
    ...FACTS,
    status: 'cancelled',
    cancellation: { requestedBy: 'user', upstream: 'closed', billing: 'stopped', closedAfterMs: 3 },
  }),
  answer('a3', null),
]

describe('storagePersistence', () => {
  it('gives back what was saved', async () => {
    const storage = createMemoryStorage()
    await storagePersistence(storage).save('t1', MESSAGES)
    expect(await storagePersistence(storage).load('t1')).toEqual(MESSAGES)
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
    await persistence.save('t1', [answer('a1', { ...FACTS, status: 'failed', error }), answer('a2', broken)])
    const [failed, incomplete] = (await persistence.load('t1')) ?? []
    if (failed?.role !== 'assistant' || failed.outcome?.status !== 'failed') throw new TypeError('Expected a failure.')
    expect(failed.outcome.error).toBeInstanceOf(ChatStreamError)
    expect(failed.outcome.error.toJSON()).toEqual(error.toJSON())
    expect(failed.outcome.error.cause).toBeUndefined()
    expect(incomplete).toMatchObject({ outcome: { status: 'incomplete', error: { code: 'truncated' } } })
  })

  it('saves an answer that its viewer left as one whose end is not known', async () => {
    const persistence = storagePersistence(createMemoryStorage())
    await persistence.save('t1', [answer('a1', { ...FACTS, status: 'incomplete', detached: true })])
    expect(await persistence.load('t1')).toEqual([answer('a1', null)])
  })

  it('tells threads apart, and forgets one that is removed', async () => {
    const persistence = storagePersistence(createMemoryStorage())
    expect(await persistence.load('t1')).toBeUndefined()
    await persistence.save('t1', MESSAGES)
    await persistence.save('t2', [])
    await persistence.remove('t1')
    expect(await persistence.load('t1')).toBeUndefined()
    expect(await persistence.load('t2')).toEqual([])
  })

  it('reads no message from garbage, and never throws', async () => {
    const storage = createMemoryStorage()
    const persistence = storagePersistence(storage)
    for (const text of [
      '',
      '{',
      '7',
      '{"id":"a"}',
      '[null,7,[]]',
      '[{"role":"user"}]',
      '[{"id":"a","role":"ghost"}]',
    ]) {
      storage.setItem('sluice:t1', text)
      expect(await persistence.load('t1')).toEqual([])
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
        storage.setItem('sluice:t1', JSON.stringify(stored))
        for (const { id, text } of (await persistence.load('t1')) ?? []) {
          expect([typeof id, typeof text]).toEqual(['string', 'string'])
        }
      }),
    )
  })
})

describe('memoryPersistence', () => {
  it('keeps threads as long as it lives', async () => {
    const persistence = memoryPersistence()
    await persistence.save('t1', MESSAGES)
    expect(await persistence.load('t1')).toBe(MESSAGES)
    await persistence.remove('t1')
    expect(await persistence.load('t1')).toBeUndefined()
  })
})
