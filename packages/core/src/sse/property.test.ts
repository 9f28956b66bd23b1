import fc from 'fast-check'
import { createParser } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'

import { createSseParser } from './parser.ts'
import { callsOf, recorder, type Call } from './testing/record.ts'
import { referenceCalls } from './testing/reference.ts'

const TOKENS = ['data:', 'data', 'event:', 'id:', 'retry:', ':', ' ', '\n', '\n\n', '\r', '\r\n', '\r\n\r\n', '\0', '7']
const TEXTS = ['x', 'é', '我', '😀', '\uFEFF', '\u2028', 'dat', 'even', 'unknown: y', 'z'.repeat(60), '漢'.repeat(40)]

const stream = fc.array(fc.constantFrom(...TOKENS, ...TEXTS), { maxLength: 40 }).map((parts) => parts.join(''))
const fields = fc
  .array(
    fc.tuple(
      fc.constantFrom('data', 'event', 'id', 'retry', '', 'other'),
      fc.constantFrom(':', ': ', ''),
      fc.constantFrom('', '1', ...TEXTS),
      fc.constantFrom('\n', '\n\n', '\r', '\r\n', '\r\n\r\n'),
    ),
    { maxLength: 20 },
  )
  .map((lines) => lines.flat().join(''))
const input = fc.oneof(stream, fields)
const cuts = fc.array(fc.nat(400), { maxLength: 12 })
const runs = { numRuns: 3000 }
// What thousands of runs may take on a machine that is busy with something else.
const patient = { timeout: 60_000 }

function cutAt<T extends string | Uint8Array>(
  whole: T,
  at: readonly number[],
  slice: (start: number, end: number) => T,
): T[] {
  const edges = [0, ...at.filter((edge) => edge < whole.length).toSorted((a, b) => a - b), whole.length]
  return edges.slice(1).map((end, index) => slice(edges[index] ?? 0, end))
}

function cutText(text: string, at: readonly number[]): string[] {
  return cutAt(text, at, (start, end) => text.slice(start, end))
}

function cutBytes(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  return cutAt(bytes, at, (start, end) => bytes.subarray(start, end))
}

describe('against the specification word by word', patient, () => {
  it('calls back the same for text, however cut', () => {
    fc.assert(
      fc.property(input, cuts, (text, at) => {
        expect(callsOf(cutText(text, at))).toStrictEqual(referenceCalls(text))
      }),
      runs,
    )
  })

  it('calls back the same for bytes, however cut', () => {
    fc.assert(
      fc.property(input, cuts, (text, at) => {
        expect(callsOf(cutBytes(new TextEncoder().encode(text), at))).toStrictEqual(referenceCalls(text))
      }),
      runs,
    )
  })

  it('decodes any bytes as one TextDecoder does', () => {
    const byte = fc.oneof(
      fc.nat(255),
      fc.constantFrom(0x0a, 0x41, 0x80, 0xbf, 0xc3, 0xe6, 0x88, 0x91, 0xf0, 0x9f, 0x98),
    )
    const long = fc.tuple(fc.array(byte, { maxLength: 80 }), fc.constantFrom('', '漢'.repeat(40), 'x'.repeat(80)))
    fc.assert(
      fc.property(fc.array(long, { maxLength: 6 }), cuts, (parts, at) => {
        const bytes = Uint8Array.from(parts.flatMap(([some, text]) => [...some, ...new TextEncoder().encode(text)]))
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
        // The comment keeps every character but line ends visible.
        expect(callsOf([':', ...cutBytes(bytes, at), ' \n'])).toStrictEqual(referenceCalls(`:${text} \n`))
      }),
      runs,
    )
  })

  it('bounds what it holds alike, however cut', () => {
    fc.assert(
      fc.property(input, cuts, fc.nat(80), (text, at, maxBufferSize) => {
        const whole = callsOf([text], { maxBufferSize })
        expect(callsOf(cutText(text, at), { maxBufferSize })).toStrictEqual(whole)
        expect(callsOf(cutBytes(new TextEncoder().encode(text), at), { maxBufferSize })).toStrictEqual(whole)
      }),
      runs,
    )
  })
})

function theirCallsOf(pieces: readonly string[], maxBufferSize?: number): Call[] {
  const calls: Call[] = []
  const parser = createParser({ ...recorder(calls), maxBufferSize })
  for (const piece of pieces) parser.feed(piece)
  return calls
}

describe('against eventsource-parser', patient, () => {
  it('calls back the same for text in one piece', () => {
    fc.assert(
      fc.property(input, (text) => {
        expect(callsOf([text])).toStrictEqual(theirCallsOf([text]))
      }),
      runs,
    )
  })

  it('calls back the same for text in pieces, but for unknown fields', () => {
    const known = (calls: readonly Call[]): Call[] =>
      calls.filter((call) => call.call !== 'error' || call.type !== 'unknown-field')
    fc.assert(
      fc.property(input, cuts, (text, at) => {
        const pieces = cutText(text, at)
        expect(known(callsOf(pieces))).toStrictEqual(known(theirCallsOf(pieces)))
      }),
      runs,
    )
  })

  it('differs in a byte order mark read as Latin-1: the specification decodes UTF-8, so this is text', () => {
    const text = 'ï»¿data: a\n\n'
    expect(theirCallsOf([text])).toMatchObject([{ call: 'event' }])
    expect(callsOf([text])).toMatchObject([{ call: 'error', type: 'unknown-field' }])
  })

  it('differs in unknown fields cut in two: reported, so that the cut does not matter', () => {
    const pieces = ['unk', 'nown: x\n']
    expect(theirCallsOf(pieces)).toStrictEqual([])
    expect(callsOf(pieces)).toMatchObject([{ call: 'error', type: 'unknown-field', field: 'unknown' }])
  })

  it('differs in what maxBufferSize bounds: the type and the id too', () => {
    const pieces = [`event: ${'x'.repeat(99)}\nid: ${'x'.repeat(99)}\n`]
    expect(theirCallsOf(pieces, 20)).toStrictEqual([])
    expect(callsOf(pieces, { maxBufferSize: 20 })).toMatchObject([{ type: 'max-buffer-size-exceeded' }])
  })

  it('differs in how maxBufferSize counts: an event that is too long is refused in one piece as in many', () => {
    const text = `data: ${'x'.repeat(99)}\n\n`
    expect(theirCallsOf([text], 20)).toMatchObject([{ call: 'event' }])
    expect(theirCallsOf([...text], 20 + 99)).toMatchObject([{ call: 'event' }])
    expect(callsOf([text], { maxBufferSize: 20 })).toMatchObject([{ type: 'max-buffer-size-exceeded' }])
  })

  it('differs in field names, which maxBufferSize does not count: a small event passes in many pieces as in one', () => {
    const pieces = ['data: hel', 'lo\n\n']
    expect(theirCallsOf([pieces.join('')], 8)).toMatchObject([{ call: 'event' }])
    expect(theirCallsOf(pieces.slice(0, 1), 8)).toMatchObject([{ type: 'max-buffer-size-exceeded' }])
    expect(callsOf(pieces, { maxBufferSize: 8 })).toMatchObject([{ call: 'event' }])
  })

  it('differs in a throwing callback: nothing behind it is lost, and nothing leaks into the next event', () => {
    function dataAndIdsOf(create: typeof createParser): string[] {
      const seen: string[] = []
      const parser = create({
        onEvent({ data, id }) {
          seen.push(`${data} ${id}`)
          if (data === 'a') throw new Error('from the callback')
        },
      })
      expect(() => parser.feed('id: 1\ndata: a\n\ndata: b\n\n')).toThrow('from the callback')
      parser.feed('data: c\n\n')
      return seen
    }
    expect(dataAndIdsOf(createParser)).toStrictEqual(['a 1', 'c 1'])
    expect(dataAndIdsOf(createSseParser)).toStrictEqual(['a 1', 'b undefined', 'c undefined'])
  })

  it('differs in a reset from a callback: the rest of the piece belongs to the stream that was reset', () => {
    function dataOf(create: typeof createParser): string[] {
      const seen: string[] = []
      const parser = create({
        onEvent({ data }) {
          seen.push(data)
          parser.reset()
        },
      })
      parser.feed('data: a\n\ndata: b\n\n')
      return seen
    }
    expect(dataOf(createParser)).toStrictEqual(['a', 'b'])
    expect(dataOf(createSseParser)).toStrictEqual(['a'])
  })
})
