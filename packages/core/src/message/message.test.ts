import { describe, expect, it } from 'vitest'
import type { ChatDelta } from './chunk.ts'
import { createMessageAccumulator, type AssistantMessage } from './message.ts'
import { leastTime } from './testing/least-time.ts'
import { textPart } from './text-part.ts'

function build(deltas: readonly ChatDelta[], initial?: AssistantMessage): AssistantMessage {
  const message = createMessageAccumulator('m1', initial)
  for (const delta of deltas) message.append(delta)
  return message.message()
}

describe('createMessageAccumulator', () => {
  it('begins empty', () => {
    expect(createMessageAccumulator('m1').isEmpty).toBe(true)
    expect(build([])).toEqual({ id: 'm1', role: 'assistant', parts: [], text: '' })
  })

  it('joins neighbours of one kind, and keeps the kinds in the order of their arrival', () => {
    const message = build([
      { reasoning: 'Let me ' },
      { reasoning: 'think.' },
      { text: 'It ' },
      { text: 'is ' },
      { toolCalls: [{ index: 0, id: 'a', name: 'look', arguments: '{}' }] },
      { text: 'so.' },
    ])
    expect(message.parts).toEqual([
      { type: 'reasoning', text: 'Let me think.' },
      textPart('It is '),
      { type: 'tool-call', index: 0, id: 'a', name: 'look', arguments: '{}' },
      textPart('so.'),
    ])
    expect(message.text).toBe('It is so.')
  })

  it('puts the reasoning of a delta before its text', () => {
    expect(build([{ text: 'So', reasoning: 'Hm' }]).parts.map(({ type }) => type)).toEqual(['reasoning', 'text'])
  })

  it('goes on from the message that it was given, and leaves that one alone', () => {
    const earlier = build([{ text: 'Once ' }, { toolCalls: [{ index: 0, id: 'a', name: 'look', arguments: '{' }] }])
    const copy = structuredClone(earlier)
    const later = build([{ toolCalls: [{ index: 0, arguments: '}' }] }, { text: 'more' }], earlier)
    expect(later.parts).toEqual([
      textPart('Once '),
      { type: 'tool-call', index: 0, id: 'a', name: 'look', arguments: '{}' },
      textPart('more'),
    ])
    expect(later.text).toBe('Once more')
    expect(earlier).toEqual(copy)
  })

  it('gives messages that later deltas do not change', () => {
    const message = createMessageAccumulator('m1')
    message.append({ text: 'one' })
    const early = message.message()
    message.append({ text: ' two' })
    expect(early.text).toBe('one')
    expect(early.parts).toEqual([textPart('one')])
    expect(message.message().text).toBe('one two')
  })

  it('takes another message in the place of its own, and tells by what text it is longer', () => {
    const message = createMessageAccumulator('m1')
    message.append({ text: 'one' })
    expect(message.replace({ ...build([{ text: 'one two' }]), id: 'other' })).toEqual({ text: ' two' })
    expect(message.replace(build([{ text: 'one two' }]))).toBeUndefined()
    message.append({ text: ' three' })
    expect(message.message()).toMatchObject({ id: 'm1', text: 'one two three' })
  })

  it('keeps the identity of parts that nothing was added to', () => {
    const message = createMessageAccumulator('m1')
    message.append({ reasoning: 'Hm' })
    message.append({ text: 'one' })
    message.append({ toolCalls: [{ index: 0, id: 'a', name: 'look', arguments: '{' }] })
    const before = message.message().parts
    message.append({ toolCalls: [{ index: 0, arguments: '}' }] })
    const after = message.message().parts
    expect([0, 1, 2].map((i) => after[i] === before[i])).toEqual([true, true, false])
  })

  it('goes on in the right call of the message that it was given, also where a provider numbers all calls alike', () => {
    const calls: readonly ChatDelta[] = [
      { toolCalls: [{ index: 0, id: 'a', name: 'first', arguments: '{' }] },
      { toolCalls: [{ index: 0, arguments: '}' }] },
      { toolCalls: [{ index: 0, id: 'b', name: 'second', arguments: '[' }] },
      { toolCalls: [{ index: 0, arguments: ']' }] },
    ]
    for (let i = 0; i <= calls.length; i += 1) {
      expect(build(calls.slice(i), build(calls.slice(0, i)))).toEqual(build(calls))
    }
  })

  it.each<readonly [string, (i: number) => ChatDelta]>([
    ['text', (i) => ({ text: i % 20 === 0 ? '\n\nMore ' : 'words ' })],
    ['reasoning', () => ({ reasoning: 'some words ' })],
    ['arguments', (i) => ({ toolCalls: [{ index: i % 3, arguments: '"x",' }] })],
  ])(
    'takes time in proportion to the number of its %s deltas, read after each 10',
    (_, delta) => {
      const [short = 0, long = 0] = [8000, 64_000].map((count) =>
        leastTime(() => {
          const message = createMessageAccumulator('m1')
          for (let i = 0; i < count; i += 1) {
            message.append(delta(i))
            if (i % 10 === 0) message.message()
          }
          expect(JSON.stringify(message.message().parts).length).toBeGreaterThan(4 * count)
        }),
      )
      expect(long).toBeLessThan(24 * short + 20) // 8 times if linear, 64 if quadratic
    },
    30_000,
  )
})
