import { ChatStreamError } from '../errors.ts'
import { createUtf8Decoder, type Utf8Decoder } from '../sse/decoder.ts'
import type { ParseError, SseEvent } from '../sse/index.ts'
import { createTextParser, type TextParser } from '../sse/text-parser.ts'
import type { ByteRead, ByteReader, ByteStream, FetchResponse } from './fetch-response.ts'
import { responseError } from './response-error.ts'
import type { PeerName } from './send.ts'

/** Most UTF-16 code units of one event, if not said otherwise; a chunk is some hundred, an inlined image some million. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** The body of an answer that is an event stream. Throws a `ChatStreamError` for every other answer. */
export async function eventStreamBody(response: FetchResponse, peer: PeerName): Promise<ByteStream> {
  if (!response.ok) throw await responseError(response, peer)
  const { body, status } = response
  const type = response.headers.get('content-type') ?? 'no content type'
  if (!/^text\/event-stream\b/i.test(type)) {
    body?.cancel().catch(() => {}) // what it was does not depend on how it ends
    const message = `Expected text/event-stream, got ${type.slice(0, 100)} (status ${status}).`
    throw new ChatStreamError('protocol', message, { status })
  }
  // Where fetch cannot stream, React Native among them, the property is not even there.
  if (!body) {
    throw new ChatStreamError(
      'protocol',
      'Expected a body to read from; this fetch cannot stream. In React Native use the one of expo/fetch.',
      { status },
    )
  }
  return body
}

/**
 * Yields the events of each read of the body, an empty array for a read that completed none (a comment, half an
 * event). Throws what the body throws, and `limit` for an event that is too long. Returning early cancels the body, and
 * so does an abort, which throws the signal's reason: a `fetch` that ignores its signal would go on for ever.
 */
export async function* readEventBatches(
  body: ByteStream,
  signal: AbortSignal,
): AsyncGenerator<readonly SseEvent[], void> {
  const reader = new EventReader(body, signal)
  try {
    for (let events = reader.parse(await reader.read()); events; events = reader.parse(await reader.read()))
      yield events
  } finally {
    reader.close() // the peer may keep its socket open after an end
  }
}

/**
 * The parts of `readEventBatches`, for a server: it reads thousands of bodies at a time, and an async generator that waits
 * takes about a kilobyte.
 */
export class EventReader {
  readonly #reader: ByteReader
  readonly #signal: AbortSignal
  // The two halves of a parser: all that a whole one adds is text as input, and a few hundred bytes.
  readonly #parser: TextParser
  readonly #decoder: Utf8Decoder
  #events: SseEvent[] = []
  /** Set when the body was told to close: resolves when it says that it is. It need not ever. */
  closing: Promise<void> | undefined

  /** @param maxEventLength in UTF-16 code units */
  constructor(body: ByteStream, signal: AbortSignal, maxEventLength: number = MAX_EVENT_LENGTH) {
    this.#reader = body.getReader()
    this.#signal = signal
    this.#parser = createTextParser({
      maxBufferSize: maxEventLength,
      onEvent: (event) => this.#events.push(event),
      onError: (error) => refuse(error, maxEventLength),
    })
    this.#decoder = createUtf8Decoder(this.#parser.spare)
    signal.addEventListener('abort', this)
    if (signal.aborted) this.close()
  }

  /** The signal's abort. */
  handleEvent(): void {
    this.close()
  }

  /** For `parse`, and for nobody else. */
  read(): Promise<ByteRead> {
    return this.#reader.read()
  }

  /** The events that a read has brought; `undefined` at the end. Throws the signal's reason once it has aborted. */
  parse({ done, value }: ByteRead): readonly SseEvent[] | undefined {
    this.#signal.throwIfAborted()
    if (done) return undefined
    this.#parser.feed(this.#decoder.decode(value))
    const events = this.#events
    this.#events = []
    return events
  }

  close(): void {
    this.#signal.removeEventListener('abort', this)
    this.closing ??= this.#reader.cancel(this.#signal.reason).catch(() => {})
  }
}

function refuse(error: ParseError, maxEventLength: number): void {
  if (error.type !== 'max-buffer-size-exceeded') return // unknown fields and odd retries are fine
  throw new ChatStreamError('limit', `One event is longer than ${maxEventLength} characters.`, { cause: error })
}
