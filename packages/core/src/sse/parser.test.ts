import { describe, expect, it } from 'vitest'

import { createSseParser } from './parser.ts'
import { SSE_CASES } from './testing/cases.ts'
import { everyCut } from './testing/cuts.ts'
import { callsOf, recorder, type Call } from './testing/record.ts'
import { referenceCalls } from './testing/reference.ts'
import type { SseEvent } from './types.ts'

function textOf(input: string | Uint8Array): string {
  return typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input)
}

function summaryOf(calls: readonly Call[]): object {
  return {
    events: calls.flatMap((call) => (call.call === 'event' ? [call.event] : [])),
    ids: calls.flatMap((call) => (call.call === 'id' ? [call.id] : [])),
    retries: calls.flatMap((call) => (call.call === 'retry' ? [call.retry] : [])),
    comments: calls.flatMap((call) => (call.call === 'comment' ? [call.comment] : [])),
    errors: calls.flatMap((call) => (call.call === 'error' ? [call.type] : [])),
  }
}

function eventsOf(...pieces: readonly (string | Uint8Array)[]): SseEvent[] {
  const events: SseEvent[] = []
  const parser = createSseParser({ onEvent: (event) => events.push(event) })
  for (const piece of pieces) parser.feed(piece)
  return events
}

// Every case is parsed in hundreds of cuts: the time-out is for a machine that is busy with something else.
describe('the case file', { timeout: 60_000 }, () => {
  it('has at least 80 cases with different names', () => {
    expect(new Set(SSE_CASES.map(({ name }) => name)).size).toBe(SSE_CASES.length)
    expect(SSE_CASES.length).toBeGreaterThanOrEqual(80)
  })

  it('gives what a stream dense in CJK was cut off in as U+FFFD', () => {
    const encoder = new TextEncoder()
    const cutOff = encoder.encode('漢'.repeat(30)).subarray(0, -1)
    const pieces = [encoder.encode(`data: ${'漢'.repeat(60)}`), cutOff]
    expect(callsOf(pieces, { flush: true })).toMatchObject([{ event: { data: `${'漢'.repeat(89)}\uFFFD` } }])
  })

  it.each(SSE_CASES)('$name', ({ input, events, ids = [], retries = [], comments = [], errors = [], flushed }) => {
    const calls = referenceCalls(textOf(input))
    expect(summaryOf(calls)).toStrictEqual({ events, ids, retries, comments, errors })
    for (const { name, pieces } of everyCut(input)) {
      expect(callsOf(pieces), name).toStrictEqual(calls)
      const flushedCalls = callsOf(pieces, { flush: true }).filter((call) => call.call === 'event')
      const flushedEvents = flushed ? [...events, flushed] : events
      expect(
        flushedCalls.map(({ event }) => event),
        name,
      ).toStrictEqual(flushedEvents)
    }
  })
})

describe('feed', () => {
  it('takes text and bytes in turn', () => {
    const [first, second] = [new TextEncoder().encode('data: 我'), new TextEncoder().encode('們\n')]
    expect(eventsOf(first, ' and ', second, '\n')).toMatchObject([{ data: '我 and 們' }])
  })

  it('ends a cut character where text follows', () => {
    expect(eventsOf(Uint8Array.of(0x64, 0x61, 0x74, 0x61, 0x3a, 0xe6), 'x\n\n')).toMatchObject([{ data: '\uFFFDx' }])
  })

  it('does not need its bytes to stay unchanged', () => {
    const bytes = new TextEncoder().encode('data: ')
    const events: SseEvent[] = []
    const parser = createSseParser({ onEvent: (event) => events.push(event) })
    parser.feed(bytes)
    bytes.fill(0)
    parser.feed('x\n\n')
    expect(events).toMatchObject([{ data: 'x' }])
  })

  it('dispatches at the CR of a CRLF that is cut in two', () => {
    expect(eventsOf('data: a\r\n\r')).toMatchObject([{ data: 'a' }])
    expect(eventsOf(new TextEncoder().encode('data: a\r\n\r'))).toMatchObject([{ data: 'a' }])
  })

  it('parses what a callback feeds after what is being parsed', () => {
    const seen: string[] = []
    const parser = createSseParser({
      onEvent({ data }) {
        seen.push(data)
        if (data === 'a') parser.feed('data: c\n\n')
      },
    })
    parser.feed('data: a\n\ndata: b\n\n')
    expect(seen).toStrictEqual(['a', 'b', 'c'])
  })

  it('works without callbacks', () => {
    const parser = createSseParser()
    parser.feed('id: 1\nretry: 1\n: c\nevent: e\nunknown\nretry: x\ndata: a\n\n: half')
    parser.reset({ flush: true })
    expect(parser.unfinished).toBe(false)
  })

  it('needs no this', () => {
    const events: SseEvent[] = []
    const { feed, reset } = createSseParser({ onEvent: (event) => events.push(event) })
    feed('data: a\n')
    reset({ flush: true })
    expect(events).toMatchObject([{ data: 'a' }])
  })
})

describe('createSseParser', () => {
  it('refuses a function', () => {
    // @ts-expect-error not allowed by the types either
    expect(() => createSseParser(() => {})).toThrow(TypeError)
  })
})

describe('a throwing callback', () => {
  const stream = 'event: e\nid: 1\ndata: a\n\ndata: b\n\n: c\nretry: 5\n\r\nunknown\ndata: d\n\n'

  it.each(['onEvent', 'onId', 'onRetry', 'onComment', 'onError'] as const)(
    'loses nothing but what %s was called for',
    (name) => {
      for (const { name: cut, pieces } of everyCut(stream)) {
        const calls: Call[] = []
        let thrown = 0
        const note = recorder(calls)
        const parser = createSseParser({
          ...note,
          [name](value: never) {
            note[name](value)
            thrown++
            throw new Error('from the callback')
          },
        })
        let caught = 0
        for (const piece of [...pieces, '', '', '']) {
          try {
            parser.feed(piece)
          } catch {
            caught++
          }
        }
        expect(calls, cut).toStrictEqual(referenceCalls(stream))
        expect(caught, cut).toBe(thrown)
      }
    },
  )

  it('hands its error to the caller of feed', () => {
    const error = new Error('from the callback')
    const parser = createSseParser({
      onEvent() {
        throw error
      },
    })
    expect(() => parser.feed('data: a\n\n')).toThrow(error)
  })

  it('leaves the parser usable when it throws during reset', () => {
    const events: SseEvent[] = []
    const parser = createSseParser({
      onEvent: (event) => events.push(event),
      onComment() {
        throw new Error('from the callback')
      },
    })
    parser.feed('event: e\n: c')
    expect(() => parser.reset({ consume: true })).toThrow('from the callback')
    parser.feed('data: a\n\n')
    expect(events).toStrictEqual([{ id: undefined, event: undefined, data: 'a' }])
  })
})

describe('reset', () => {
  it.each([
    'event: e\nid: 1\ndata: a\n',
    'data: a',
    ': comment',
    'unknown',
    'data: a\r',
    '\uFEFF',
    'data: a\n\ndata: \uD83D',
  ])('forgets %j', (begun) => {
    for (const input of [begun, new TextEncoder().encode(begun), new TextEncoder().encode(begun).slice(0, -1)]) {
      const events: SseEvent[] = []
      const parser = createSseParser({ onEvent: (event) => events.push(event) })
      parser.feed(input)
      parser.reset()
      events.length = 0
      parser.feed('\n\uFEFFdata: ignored\n\n')
      parser.reset()
      parser.feed('\uFEFFdata: b\n\n')
      expect(events).toStrictEqual([{ id: undefined, event: undefined, data: 'b' }])
    }
  })

  it('drops the rest of the input when a callback calls it', () => {
    const seen: string[] = []
    const parser = createSseParser({
      onEvent({ data }) {
        seen.push(data)
        if (data === 'stop') parser.reset()
      },
    })
    parser.feed('data: stop\n\ndata: a\n\nid: 1\nda')
    parser.feed('data: b\r\n\r\ndata: stop\r\n\r\ndata: a\r\n\r\nid: 1\r\nda')
    parser.feed('data: c\n\n')
    expect(seen).toStrictEqual(['stop', 'b', 'stop', 'c'])
  })

  it.each([
    ['retry: 5', [{ call: 'retry', retry: 5 }]],
    [': c', [{ call: 'comment', comment: 'c' }]],
    ['retry: x', [{ call: 'error', type: 'invalid-retry', field: undefined, value: 'x', line: 'retry: x' }]],
    ['dat', [{ call: 'error', type: 'unknown-field', field: 'dat', value: '', line: 'dat' }]],
    ['{"error":1}', []],
    ['data: a', []],
    ['id: 1\ndata: a\n', []],
  ])('with consume ends the line %j but no event', (begun, calls) => {
    for (const { name, pieces } of everyCut(begun))
      expect(callsOf(pieces, { consume: true }), name).toStrictEqual(calls)
  })

  it('with flush ends the line and the event', () => {
    for (const { name, pieces } of everyCut('id: 1\ndata: a\ndata: b')) {
      expect(callsOf(pieces, { flush: true }), name).toStrictEqual([
        { call: 'id', id: '1' },
        { call: 'event', event: { id: '1', event: undefined, data: 'a\nb' } },
      ])
    }
  })

  it('with flush parses what a throwing callback left', () => {
    const seen: string[] = []
    const parser = createSseParser({
      onEvent({ data }) {
        seen.push(data)
        if (data === 'a') throw new Error('from the callback')
      },
    })
    expect(() => parser.feed('data: a\n\ndata: b\n\ndata: c')).toThrow('from the callback')
    parser.reset({ flush: true })
    expect(seen).toStrictEqual(['a', 'b', 'c'])
  })
})

describe('unfinished', () => {
  it.each(['data', 'data:', 'data: a', '\uFEFFdata: a', 'data: a\n', 'event: e\ndata: a\nid: 1', 'data\r'])(
    'is true after %j',
    (begun) => {
      for (const { name, pieces } of everyCut(begun)) {
        const parser = createSseParser()
        for (const piece of pieces) parser.feed(piece)
        expect(parser.unfinished, name).toBe(true)
        parser.reset()
        expect(parser.unfinished, name).toBe(false)
      }
    },
  )

  it.each([
    '',
    'data: a\n\n',
    'id: 1\n',
    ': data',
    'dat',
    'datax',
    ': c\nx\n:data: a',
    'xdata: a',
    'event: e\ndata: a\n\n: ping\n',
    'data: a\r\n\r',
  ])('is false after %j', (begun) => {
    for (const { name, pieces } of everyCut(begun)) {
      const parser = createSseParser()
      for (const piece of pieces) parser.feed(piece)
      expect(parser.unfinished, name).toBe(false)
    }
  })
})
