import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chunkFacts, readChunk, type ChunkFacts } from './chunk.ts'

function factsOf(choice: unknown, rest: object = {}): ChunkFacts {
  const reading = readChunk(JSON.stringify({ choices: [choice], ...rest }))
  if (reading.type !== 'chunk') throw new TypeError('Expected a chunk.')
  return chunkFacts(reading.chunk)
}

describe('readChunk', () => {
  it('knows the end, also with blanks behind it', () => {
    for (const data of ['[DONE]', '[DONE] ', '[DONE]\t \n']) expect(readChunk(data)).toEqual({ type: 'done' })
  })

  it('takes a text that merely begins like the end for malformed', () => {
    expect(readChunk('[DONE], or so')).toEqual({ type: 'malformed' })
  })

  it('takes all that is no JSON object for malformed', () => {
    for (const data of ['', '{"choices":[{', 'null', '7', '"text"', '[]', '[{"choices":[]}]', '<html>', 'undefined']) {
      expect(readChunk(data)).toEqual({ type: 'malformed' })
    }
  })

  it('keeps unknown fields as they are', () => {
    const chunk = { id: 'a', choices: [{ index: 0, delta: {}, logprobs: { content: [1] } }], x_groq: { id: 'b' } }
    expect(readChunk(JSON.stringify(chunk))).toEqual({ type: 'chunk', chunk })
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (data) => {
        expect(() => readChunk(data)).not.toThrow()
      }),
    )
  })
})

describe('chunkFacts', () => {
  it('reads text, with and without an index', () => {
    expect(factsOf({ index: 0, delta: { content: 'Hi' }, finish_reason: null }).delta).toEqual({ text: 'Hi' })
    expect(factsOf({ delta: { content: 'Hi' } }).delta).toEqual({ text: 'Hi' })
  })

  it('finds no delta where nothing is added', () => {
    const nothing = { delta: undefined, finishReason: undefined }
    for (const delta of [{ role: 'assistant', content: '' }, { content: null }, {}, null, 'text', 7, { content: 7 }]) {
      expect(factsOf({ index: 0, delta })).toEqual(nothing)
    }
    for (const choices of [null, [], [null], 'none', {}]) expect(factsOf(undefined, { choices })).toEqual(nothing)
    expect(factsOf({ delta: { tool_calls: [] } })).toEqual(nothing)
    expect(factsOf({ delta: { tool_calls: [null, 'x'] } })).toEqual(nothing)
  })

  it('takes choice 0 of several, wherever it stands', () => {
    const chunk = {
      choices: [
        { index: 1, delta: { content: 'other' }, finish_reason: 'stop' },
        { index: 0, delta: { content: 'mine' } },
      ],
    }
    expect(chunkFacts(chunk)).toEqual({ delta: { text: 'mine' }, finishReason: undefined })
    expect(chunkFacts({ choices: [{ index: 1, delta: { content: 'other' } }] }).delta).toBeUndefined()
  })

  it('reads reasoning under both of its names, once where a provider sends both', () => {
    expect(factsOf({ delta: { reasoning: 'Hm' } }).delta).toEqual({ reasoning: 'Hm' })
    expect(factsOf({ delta: { reasoning_content: 'Hm', content: null } }).delta).toEqual({ reasoning: 'Hm' })
    expect(factsOf({ delta: { reasoning: 'Hm', reasoning_content: 'Hm' } }).delta).toEqual({ reasoning: 'Hm' })
    expect(factsOf({ delta: { reasoning: 'Hm', content: 'So' } }).delta).toEqual({ reasoning: 'Hm', text: 'So' })
  })

  it('takes a refusal for what the assistant said', () => {
    expect(factsOf({ delta: { content: null, refusal: 'I would rather not.' } }).delta).toEqual({
      text: 'I would rather not.',
    })
  })

  it('reads the pieces of tool calls as they were sent', () => {
    const first = { index: 1, id: 'call_b', type: 'function', function: { name: 'look', arguments: '' } }
    expect(
      factsOf({ delta: { tool_calls: [first, { function: { arguments: '{"a"' } }, { index: 0, id: null }] } }).delta,
    ).toEqual({
      toolCalls: [{ index: 1, id: 'call_b', name: 'look', arguments: '' }, { arguments: '{"a"' }, { index: 0 }],
    })
  })

  it('reads content that is an array of parts, thinking apart from text', () => {
    const thinking = {
      type: 'thinking',
      thinking: [
        { type: 'text', text: 'H' },
        { type: 'text', text: 'm' },
      ],
    }
    const text = { type: 'text', text: 'So' }
    expect(factsOf({ delta: { content: [thinking, text, { type: 'reference', reference_ids: [1] }, null] } }).delta) //
      .toEqual({ reasoning: 'Hm', text: 'So' })
    expect(factsOf({ delta: { content: [thinking] } }).delta).toEqual({ reasoning: 'Hm' })
    expect(factsOf({ delta: { content: [] } }).delta).toBeUndefined()
  })

  it('keeps logprobs beside the text that they are of', () => {
    const logprobs = { content: [{ token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] }], refusal: null }
    expect(factsOf({ delta: { content: 'Hi' }, logprobs }).delta).toEqual({ text: 'Hi', logprobs })
    expect(factsOf({ delta: { content: 'Hi' }, logprobs: null }).delta).toEqual({ text: 'Hi' })
  })

  it('reads a finish reason, and takes an empty one for none', () => {
    expect(factsOf({ delta: {}, finish_reason: 'length' }).finishReason).toBe('length')
    expect(factsOf({ delta: {}, finish_reason: '' }).finishReason).toBeUndefined()
    expect(factsOf({ delta: {}, finish_reason: null }).finishReason).toBeUndefined()
  })

  it('never throws, whatever the fields hold', () => {
    const delta = fc.record(
      { content: fc.jsonValue(), refusal: fc.jsonValue(), reasoning: fc.jsonValue(), tool_calls: fc.jsonValue() },
      { requiredKeys: [] },
    )
    const choice = fc.oneof(fc.jsonValue(), fc.record({ index: fc.jsonValue(), delta, finish_reason: fc.jsonValue() }))
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(choice)), (choices) => {
        const reading = readChunk(JSON.stringify({ choices }))
        expect(() => reading.type === 'chunk' && chunkFacts(reading.chunk)).not.toThrow()
      }),
    )
  })
})
