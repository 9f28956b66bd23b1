import { describe, expect, it } from 'vitest'
import type { ChatDelta } from './chunk.ts'
import { createMessageAccumulator, type AssistantMessage } from './message.ts'

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
      { type: 'text', text: 'It is ' },
      { type: 'tool-call', id: 'a', name: 'look', arguments: '{}' },
      { type: 'text', text: 'so.' },
    ])
    expect(message.text).toBe('It is so.')
  })

  it('puts the reasoning of a delta before its text', () => {
    expect(build([{ text: 'So', reasoning: 'Hm' }]).parts.map(({ type }) => type)).toEqual(['reasoning', 'text'])
  })

  it('puts tool calls together from pieces that interleave and come out of order', () => {
    const message = build([
      { toolCalls: [{ index: 1, id: 'b', name: 'second', arguments: '{"x"' }] },
      { toolCalls: [{ index: 0, arguments: '[' }] },
      {
        toolCalls: [
          { index: 1, arguments: ':1}' },
          { index: 0, id: 'a', name: 'first' },
        ],
      },
      { toolCalls: [{ index: 0, id: '', name: '', arguments: ']' }] },
    ])
    expect(message.parts).toEqual([
      { type: 'tool-call', id: 'b', name: 'second', arguments: '{"x":1}' },
      { type: 'tool-call', id: 'a', name: 'first', arguments: '[]' },
    ])
    expect(message.text).toBe('')
  })

  it('takes an id and a name once, also from providers that repeat them in each piece', () => {
    const piece = { index: 0, id: 'a', name: 'look' }
    expect(build([{ toolCalls: [{ ...piece, arguments: '{' }] }, { toolCalls: [{ ...piece, arguments: '}' }] }]).parts) //
      .toEqual([{ type: 'tool-call', id: 'a', name: 'look', arguments: '{}' }])
  })

  it('goes on from the message that it was given, and leaves that one alone', () => {
    const earlier = build([{ text: 'Once ' }, { toolCalls: [{ index: 0, id: 'a', name: 'look', arguments: '{' }] }])
    const copy = structuredClone(earlier)
    const later = build([{ toolCalls: [{ index: 0, arguments: '}' }] }, { text: 'more' }], earlier)
    expect(later.parts).toEqual([
      { type: 'text', text: 'Once ' },
      { type: 'tool-call', id: 'a', name: 'look', arguments: '{}' },
      { type: 'text', text: 'more' },
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
    expect(early.parts).toEqual([{ type: 'text', text: 'one' }])
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

  it('takes 200,000 deltas of each kind', () => {
    const message = createMessageAccumulator('m1')
    for (let i = 0; i < 200_000; i += 1) {
      message.append({ text: 'word ' })
      if (i % 1000 === 0) message.message()
    }
    for (let i = 0; i < 200_000; i += 1) message.append({ toolCalls: [{ index: i % 3, arguments: '"x",' }] })
    const { text, parts } = message.message()
    expect(text).toHaveLength(1_000_000)
    expect(parts).toHaveLength(4)
  })
})
