import { ChatStreamError } from '../errors.ts'
import { createSseParser, type ParseError, type SseEvent } from '../sse/index.ts'
import { responseError } from './response-error.ts'
import type { PeerName } from './send.ts'

/** Most UTF-16 code units of one event; a chunk is some hundred, an inlined image some million. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024

/** The body of an answer that is an event stream. Throws a `ChatStreamError` for every other answer. */
export async function eventStreamBody(response: Response, peer: PeerName): Promise<ReadableStream<Uint8Array>> {
  if (!response.ok) throw await responseError(response, peer)
  const type = response.headers.get('content-type') ?? 'no content type'
  if (!/^text\/event-stream\b/i.test(type)) {
    response.body?.cancel().catch(() => {}) // what it was does not depend on how it ends
    throw new ChatStreamError('protocol', `Expected text/event-stream, got ${shown(type)} (status ${response.status}).`)
  }
  if (response.body === null) {
    throw new ChatStreamError(
      'protocol',
      'The answer has no readable body: this fetch cannot stream. In React Native use the one of expo/fetch.',
    )
  }
  return response.body
}

/**
 * Yields the events of each read of the body, an empty array for a read that completed none (a comment, half an
 * event). Throws what the body throws, and `limit` for an event that is too long. Returning early cancels the body, and
 * so does an abort, which throws the signal's reason: a `fetch` that ignores its signal would go on for ever.
 */
export async function* readEventBatches(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<readonly SseEvent[], void> {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel(signal.reason).catch(() => {})
  let events: SseEvent[] = []
  const parser = createSseParser({ maxBufferSize: MAX_EVENT_LENGTH, onEvent: (event) => events.push(event), onError })
  signal.addEventListener('abort', cancel)
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
    signal.removeEventListener('abort', cancel)
    // Closes the socket of a peer that keeps it open after an end; after a failure it is a no-op.
    cancel()
  }
}

function onError(error: ParseError): void {
  if (error.type !== 'max-buffer-size-exceeded') return // unknown fields and odd retries are fine
  throw new ChatStreamError('limit', `One event is longer than ${MAX_EVENT_LENGTH} characters.`, { cause: error })
}

function shown(type: string): string {
  return type.slice(0, 100)
}
