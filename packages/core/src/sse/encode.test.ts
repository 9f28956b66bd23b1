import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { encodeSse } from './encode.ts'
import { callsOf } from './testing/record.ts'

describe('encodeSse', () => {
  it.each([
    [{ data: 'a' }, 'data: a\n\n'],
    [{ data: '' }, 'data: \n\n'],
    [{ data: 'a\nb\n' }, 'data: a\ndata: b\ndata: \n\n'],
    [{ data: 'a\rb\r\nc' }, 'data: a\ndata: b\ndata: c\n\n'],
    [{ data: ' a', event: 'e', id: '1' }, 'id: 1\nevent: e\ndata:  a\n\n'],
    [{ data: 'a', event: '', id: '' }, 'id: \ndata: a\n\n'],
    [{ data: 'a\nid: 2\n\ndata: b' }, 'data: a\ndata: id: 2\ndata: \ndata: data: b\n\n'],
  ])('writes %j', (event, text) => {
    expect(encodeSse(event)).toBe(text)
  })

  it.each(['\r', '\n', '\r\n', '\0', 'a\nb', 'a\rdata: b', '1\n\ndata: injected\n\n', 'a\0'])(
    'refuses %j in an id and in an event name',
    (value) => {
      expect(() => encodeSse({ id: value, data: '' })).toThrow(TypeError)
      expect(() => encodeSse({ event: value, data: '' })).toThrow(TypeError)
    },
  )

  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc
      .array(fc.constantFrom('\n', '\r', '\0', ':', ' ', 'data:', 'id: 1', '\uFEFF', '\u2028', 'x'))
      .map((parts) => parts.join('')),
  )
  const name = fc.option(
    text.filter((value) => !/[\r\n\0]/.test(value)),
    { nil: undefined },
  )

  it('is read back by the parser, as text and as bytes', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.array(fc.record({ id: name, event: name, data: text }), { maxLength: 4 }), (events) => {
        const expected = events.flatMap(({ id, event, data }) => [
          ...(id === undefined ? [] : [{ call: 'id', id }]),
          { call: 'event', event: { id, event: event || undefined, data: data.replaceAll(/\r\n?/g, '\n') } },
        ])
        const stream = events.map((event) => encodeSse(event)).join('')
        expect(callsOf([stream])).toStrictEqual(expected)
        expect(callsOf([new TextEncoder().encode(stream)])).toStrictEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })
})
