import { ChatStreamError } from '../errors.ts'
import { createSseParser, type ParseError, type SseEvent } from '../sse/index.ts'
import { responseError } from './response-error.ts'
import type { PeerName } from './send.ts'

/** Most UTF-16 code units of one event, if not said otherwise; a chunk is some hundred, an inlined image some million. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** The body of an answer that is an event stream. Throws a `ChatStreamError` for every other answer. */
export async function eventStreamBody(response: Response, peer: PeerName): Promise<ReadableStream<Uint8Array>> {
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
 *
 * @param onClosing told once of a promise that resolves when the body says that it is closed; it need not ever
 * @param maxEventLength in UTF-16 code units
 */
export async function* readEventBatches(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  onClosing: (closed: Promise<void>) => void = () => {},
  maxEventLength: number = MAX_EVENT_LENGTH,
): AsyncGenerator<readonly SseEvent[], void> {
  const reader = body.getReader()
  let isOpen = true
  const close = (): void => {
    if (isOpen) onClosing(reader.cancel(signal.reason).catch(() => {}))
    isOpen = false
  }
  let events: SseEvent[] = []
  const parser = createSseParser({
    maxBufferSize: maxEventLength,
    onEvent: (event) => events.push(event),
    onError: (error) => refuse(error, maxEventLength),
  })
  signal.addEventListener('abort', close)
  try {
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return
      parser.feed(value)
      yield events
      events = []
    }
  } finally {
    signal.removeEventListener('abort', close)
    close() // the peer may keep its socket open after an end
  }
}

function refuse(error: ParseError, maxEventLength: number): void {
  if (error.type !== 'max-buffer-size-exceeded') return // unknown fields and odd retries are fine
  throw new ChatStreamError('limit', `One event is longer than ${maxEventLength} characters.`, { cause: error })
}
