import { createSseParser, encodeSse, parseSse, SseParserStream, type SseEvent } from '@sluice/core/sse'
import { SSE_CASES, type SseCase } from '../../packages/core/src/sse/testing/cases.ts'
import { everyCut, type Cut } from '../../packages/core/src/sse/testing/cuts.ts'
import { recorder, type Call } from '../../packages/core/src/sse/testing/record.ts'
import { referenceCalls } from '../../packages/core/src/sse/testing/reference.ts'
import { bytesOf, gather, iterableOf, streamOf } from '../../packages/core/src/sse/testing/sources.ts'
import type { Case, Way } from './check.ts'

type Pieces = Cut['pieces']

/** The parser's case file: each case in every cutting, through every reader, and its events written and read back. */
export const eventCases: readonly Case[] = SSE_CASES.map((sseCase) => ({
  name: sseCase.name,
  *ways() {
    yield expectation(sseCase)
    yield* parserWays(sseCase)
    yield* readerWays(sseCase)
    yield* encoderWays(sseCase.events)
  },
}))

/** What the case expects is what the specification's algorithm makes of it, also with this runtime's regular expressions. */
function expectation({ input, events, ids = [], retries = [], comments = [], errors = [] }: SseCase): Way {
  const summary = (): unknown => {
    const calls = referenceCalls(textOf(input))
    return {
      events: calls.flatMap((call) => (call.call === 'event' ? [call.event] : [])),
      ids: calls.flatMap((call) => (call.call === 'id' ? [call.id] : [])),
      retries: calls.flatMap((call) => (call.call === 'retry' ? [call.retry] : [])),
      comments: calls.flatMap((call) => (call.call === 'comment' ? [call.comment] : [])),
      errors: calls.flatMap((call) => (call.call === 'error' ? [call.type] : [])),
    }
  }
  return { name: 'the reference', run: summary, expected: { events, ids, retries, comments, errors } }
}

/** All calls of the parser and, with `flush`, the events, for every cutting. */
function* parserWays({ input, events, flushed }: SseCase): Generator<Way> {
  const calls = referenceCalls(textOf(input))
  const flushedEvents = flushed ? [...events, flushed] : events
  for (const { name, pieces } of everyCut(input)) {
    yield {
      name,
      run: () => ({ calls: callsOf(pieces, false), flushedEvents: eventsIn(callsOf(pieces, true)) }),
      expected: { calls, flushedEvents },
    }
  }
}

/** The events through `parseSse` and `SseParserStream`, from streams of bytes and from iterables of both kinds. */
function* readerWays({ input, events, flushed }: SseCase): Generator<Way> {
  const bytes = bytesOf(input)
  const flushedEvents = flushed ? [...events, flushed] : events
  const sources: readonly { readonly name: string; readonly pieces: Pieces }[] = [
    { name: 'whole', pieces: [bytes] },
    { name: 'byte by byte', pieces: Array.from(bytes, (byte) => Uint8Array.of(byte)) },
    { name: 'as text', pieces: [...textOf(input)] },
  ]
  for (const { name, pieces } of sources) {
    for (const [flush, expected] of [[false, events] as const, [true, flushedEvents] as const]) {
      const how = flush ? `${name}, flushed` : name
      yield { name: `parseSse ${how}`, run: () => gather(parseSse(iterableOf(...pieces), { flush })), expected }
      const streams = (): ReadableStream<SseEvent> => pieceStream(pieces).pipeThrough(new SseParserStream({ flush }))
      yield { name: `SseParserStream ${how}`, run: () => gather(eachOf(streams())), expected }
    }
  }
  yield { name: 'parseSse of a byte stream', run: () => gather(parseSse(streamOf(bytes))), expected: events }
}

function* encoderWays(events: readonly SseEvent[]): Generator<Way> {
  const text = events.map((event) => encodeSse(event)).join('')
  yield { name: 'encodeSse, read back', run: () => eventsIn(callsOf([text], false)), expected: events }
}

function callsOf(pieces: Pieces, flush: boolean): Call[] {
  const calls: Call[] = []
  const parser = createSseParser(recorder(calls))
  for (const piece of pieces) parser.feed(piece)
  parser.reset({ flush })
  return calls
}

function eventsIn(calls: readonly Call[]): SseEvent[] {
  return calls.flatMap((call) => (call.call === 'event' ? [call.event] : []))
}

function textOf(input: string | Uint8Array): string {
  return typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input)
}

function pieceStream(pieces: Pieces): ReadableStream<string | Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

/** Not every browser can iterate a stream. */
async function* eachOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  for (let item = await reader.read(); !item.done; item = await reader.read()) yield item.value
}
