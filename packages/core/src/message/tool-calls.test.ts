import { describe, expect, it } from 'vitest'
import type { ToolCallDelta } from './chunk.ts'
import { createToolCalls, type ToolCallPart } from './tool-calls.ts'

/** The calls that deltas build, as `[id, name, arguments]`. */
function build(...deltas: readonly ToolCallDelta[]): readonly (readonly string[])[] {
  const calls = createToolCalls()
  const parts = deltas.map((delta) => calls.append(delta)).filter((call) => call !== undefined)
  return parts.map(({ part }: { readonly part: ToolCallPart }) => [part.id, part.name, part.arguments])
}

describe('createToolCalls', () => {
  it('puts calls together from pieces that interleave and come out of order', () => {
    const calls = build(
      { index: 1, id: 'b', name: 'second', arguments: '{"x"' },
      { index: 0, arguments: '[' },
      { index: 1, arguments: ':1}' },
      { index: 0, id: 'a', name: 'first' },
      { index: 0, id: '', name: '', arguments: ']' },
    )
    expect(calls).toEqual([
      ['b', 'second', '{"x":1}'],
      ['a', 'first', '[]'],
    ])
  })

  it('takes an id and a name once, also where each piece repeats them or has an id of its own', () => {
    const piece = { index: 0, id: 'a', name: 'look' }
    expect(build({ ...piece, arguments: '{' }, { ...piece, arguments: '}' })).toEqual([['a', 'look', '{}']])
    const others = [
      { index: 0, id: 'x', arguments: '{' },
      { index: 0, id: 'y', arguments: '}' },
    ]
    expect(build(piece, ...others)).toEqual([['a', 'look', '{}']])
  })

  it('tells calls apart that all have one index, or none, by their ids', () => {
    for (const number of [{}, { index: 0 }]) {
      const calls = build(
        { ...number, id: 'a', name: 'look', arguments: '{' },
        { ...number, arguments: '}' },
        { ...number, id: 'b', name: 'look', arguments: '[' },
        { ...number, arguments: ']' },
      )
      expect(calls).toEqual([
        ['a', 'look', '{}'],
        ['b', 'look', '[]'],
      ])
    }
  })

  it('tells calls apart that have neither index nor id by their names, and gives them ids', () => {
    expect(build({ name: 'look', arguments: '{' }, { arguments: '}' }, { name: 'go', arguments: '[]' })).toEqual([
      ['call_0', 'look', '{}'],
      ['call_1', 'go', '[]'],
    ])
  })

  it('takes an id that comes late, also after the call was restored', () => {
    const late = { index: 0, id: 'a', name: 'look' }
    expect(build({ index: 0, arguments: '{}' }, late)).toEqual([['a', 'look', '{}']])
    const calls = createToolCalls()
    const call = calls.restore({ type: 'tool-call', index: 0, id: 'call_0', name: '', arguments: '{}' })
    expect(calls.append(late)).toBeUndefined()
    expect(call.part).toEqual({ type: 'tool-call', index: 0, id: 'a', name: 'look', arguments: '{}' })
  })
})
