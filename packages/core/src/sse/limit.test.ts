import { describe, expect, it } from 'vitest'

import { createSseParser } from './parser.ts'
import { everyCut } from './testing/cuts.ts'
import { callsOf } from './testing/record.ts'

const OVERFLOW = {
  call: 'error',
  type: 'max-buffer-size-exceeded',
  field: undefined,
  value: undefined,
  line: undefined,
} as const

const MAX = 20
const FULL = 'x'.repeat(MAX - 3)

function event(data: string, type?: string, id?: string): object {
  return { call: 'event', event: { id, event: type, data } }
}

describe('maxBufferSize', () => {
  it.each([
    ['data', `data: ${FULL}\n\n`, [event(FULL)]],
    ['data in CRLF', `data: ${FULL}\r\n\r\n`, [event(FULL)]],
    ['data without the space', `data:${FULL}\n\n`, [event(FULL)]],
    ['data in lines', `data: ${FULL.slice(2)}\ndata: x\n\n`, [event(`${FULL.slice(2)}\nx`)]],
    ['data and type', `event: ${FULL.slice(9)}\ndata: ${FULL.slice(8)}\n\n`, [event(FULL.slice(8), FULL.slice(9))]],
    ['one event after another', `data: ${FULL}\n\n`.repeat(3), [event(FULL), event(FULL), event(FULL)]],
    ['characters of several bytes', `data: ${'我'.repeat(17)}\n\n`, [event('我'.repeat(17))]],
    ['characters of two units', `data: ${'😀'.repeat(8)}\n\n`, [event('😀'.repeat(8))]],
    [
      'an unknown line',
      'unknown: line 12345678\ndata: a\n\n',
      [
        {
          call: 'error',
          type: 'unknown-field',
          field: 'unknown',
          value: 'line 12345678',
          line: 'unknown: line 12345678',
        },
        event('a'),
      ],
    ],
    ['a longer unknown line, unreported', `unknown: ${FULL}\ndata: a\n\n`, [event('a')]],
    ['a longer line that begins like a field, unreported', `datax: ${FULL}\ndata: a\n\n`, [event('a')]],
  ])('admits %s', (_, input, calls) => {
    for (const { name, pieces } of everyCut(input)) {
      expect(callsOf(pieces, { maxBufferSize: MAX }), name).toStrictEqual(calls)
    }
  })

  it.each([
    ['data', `data: ${FULL}x\n\ndata: b\n\n`],
    ['data in CRLF', `data: ${FULL}x\r\n\r\ndata: b\r\n\r\n`],
    ['data without the space', `data:${FULL}x\n\n`],
    ['unfinished data', `data: ${FULL}x`],
    ['data in lines', `data: ${FULL.slice(1)}\ndata:\ndata: x\n\n`],
    ['many empty data lines', 'data\n'.repeat(MAX)],
    ['a type', `event: ${FULL}xx\ndata: a\n\n`],
    ['an id', `id: ${FULL}x\ndata: a\n\n`],
    ['an id that a NUL makes void', `id: ${FULL}\0xxx\ndata: a\n\n`],
    ['a type and an id', 'event: 123456789\nid: 123456789\ndata: a\n\n'],
    ['a type and data', 'event: 123456789\ndata: 123456789\n\n'],
    ['data and an id', 'data: 123456789\nid: 123456789\n\n'],
    ['a comment', `: ${FULL}${FULL}\ndata: a\n\n`],
    ['a retry', `retry: ${'1'.repeat(MAX)}\ndata: a\n\n`],
    ['characters of several bytes', `data: ${'我'.repeat(18)}\n\n`],
    ['characters of two units', `data: ${'😀'.repeat(9)}\n\n`],
  ])('refuses more of %s, and all behind it', (_, input) => {
    for (const { name, pieces } of everyCut(`data: before\n\n${input}`)) {
      expect(callsOf(pieces, { maxBufferSize: MAX }), name).toStrictEqual([event('before'), OVERFLOW])
    }
  })

  it('does not count comments when nobody listens', () => {
    for (const { name, pieces } of everyCut(`data: a\n:${FULL}${FULL}\ndata: b\n\n`)) {
      const events: string[] = []
      const parser = createSseParser({ onEvent: ({ data }) => events.push(data), maxBufferSize: MAX })
      for (const piece of pieces) parser.feed(piece)
      expect(events, name).toStrictEqual(['a\nb'])
    }
  })

  it('makes feed throw until reset', () => {
    const events: string[] = []
    const errors: string[] = []
    const parser = createSseParser({
      onEvent: ({ data }) => events.push(data),
      onError: ({ type }) => errors.push(type),
      maxBufferSize: MAX,
    })
    parser.feed(`id: 1\nevent: e\ndata: ${FULL}\n`)
    expect(() => parser.feed('data: a\n\n')).toThrow('max buffer size')
    expect(() => parser.feed(new Uint8Array(0))).toThrow('max buffer size')
    expect(parser.unfinished).toBe(false)
    parser.reset({ flush: true })
    parser.feed('data: b\n\n')
    expect(events).toStrictEqual(['b'])
    expect(errors).toStrictEqual(['max-buffer-size-exceeded'])
  })

  it('goes on after a reset from onError', () => {
    const events: string[] = []
    const parser = createSseParser({
      onEvent: ({ data }) => events.push(data),
      onError: () => parser.reset(),
      maxBufferSize: MAX,
    })
    parser.feed(`data: ${FULL}${FULL}\n\ndata: a\n\n`)
    parser.feed('data: b\n\n')
    expect(events).toStrictEqual(['b'])
  })

  it('admits empty events however small it is', () => {
    for (const { name, pieces } of everyCut(': ping\ndata:\n\n')) {
      expect(callsOf(pieces, { maxBufferSize: 0 }), name).toStrictEqual([
        { call: 'comment', comment: 'ping' },
        event(''),
      ])
    }
  })
})
