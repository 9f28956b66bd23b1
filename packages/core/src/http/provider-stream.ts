import { ChatStreamError } from '../errors.ts'
import { isObject } from '../json.ts'
import { finishReasonOf, readChunk, type ChatChunk } from '../message/chunk.ts'
import type { SseEvent } from '../sse/index.ts'
import { eventStreamBody, readEventBatches } from './event-stream.ts'
import { providerWords } from './response-error.ts'
import { encodeBody, joinURL, send, type Fetch } from './send.ts'

/** A chunk, and the text that it had on the wire, so that it can be passed on untouched. */
export interface WireChunk {
  readonly chunk: ChatChunk
  readonly data: string
}

/** What one read of the provider's socket brought. May be empty: then it only proves that the provider lives. */
export interface ChunkBatch {
  readonly chunks: readonly WireChunk[]
  /** Events whose data was not a JSON object. */
  readonly malformed: number
}

/** Where a provider is, and who asks it. */
export interface ProviderAddress {
  readonly baseURL: string
  readonly apiKey?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The headers of every request to a provider. */
export function providerHeaders({ apiKey, headers }: ProviderAddress, accept: string): Record<string, string> {
  return { accept, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...headers }
}

export interface ProviderRequest extends ProviderAddress {
  /** The whole request body, `stream: true` included. */
  readonly body: unknown
  readonly fetch: Fetch
  readonly signal: AbortSignal
  /** Most UTF-16 code units of one event; more throws `limit`. Default 16 Mi. */
  readonly maxEventLength?: number | undefined
}

const EMPTY: ChunkBatch = { chunks: [], malformed: 0 }

/**
 * Asks an OpenAI-compatible provider for one streamed answer. The first batch is empty and says that the head came.
 *
 * Returning means that the provider said it is complete: `[DONE]`, or the end of the body after a `finish_reason`.
 * Everything else throws a `ChatStreamError`: `truncated` where the body ended or broke without either, or the provider
 * gave the answer up (`abort`), `provider` for an error told in the stream, and `network`, `http`, `protocol` and their
 * like before the head. After an abort it throws when the socket is closed; under a `fetch` that knows no abort that may
 * be never.
 */
export async function* providerStream(request: ProviderRequest): AsyncGenerator<ChunkBatch, void> {
  const { signal, maxEventLength } = request
  const body = await ask(request)
  yield EMPTY
  let finished = false
  let closing: Promise<void> | undefined
  try {
    for await (const events of readEventBatches(body, signal, (closed) => void (closing = closed), maxEventLength)) {
      const batch = readBatch(events)
      yield batch
      finished ||= batch.finished
      if (batch.error !== undefined) throw batch.error
      if (batch.done) return
    }
  } catch (error) {
    if (signal.aborted) await closing
    if (error instanceof ChatStreamError) throw error
    if (!finished) throw new ChatStreamError('truncated', 'The connection to the provider broke.', { cause: error })
  }
  if (!finished) {
    throw new ChatStreamError('truncated', 'The provider ended the stream without `finish_reason` or `[DONE]`.')
  }
}

async function ask(request: ProviderRequest): Promise<ReadableStream<Uint8Array>> {
  const { baseURL, body, fetch, signal } = request
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...providerHeaders(request, 'text/event-stream') },
    body: encodeBody(body),
    signal,
  }
  return eventStreamBody(await send(fetch, joinURL(baseURL, 'chat/completions'), init, 'The provider'), 'The provider')
}

interface ReadBatch extends ChunkBatch {
  /** Whether a `finish_reason` came. */
  readonly finished: boolean
  readonly done: boolean
  /** An error that the provider told in band; nothing after it counts. */
  readonly error: ChatStreamError | undefined
}

function readBatch(events: readonly SseEvent[]): ReadBatch {
  const chunks: WireChunk[] = []
  let malformed = 0
  let finished = false
  for (const { data } of events) {
    const reading = readChunk(data)
    if (reading.type === 'done') return { chunks, malformed, finished, done: true, error: undefined }
    if (reading.type === 'malformed') {
      malformed += 1
      continue
    }
    const { chunk } = reading
    const finishReason = finishReasonOf(chunk)
    const error = inBandError(chunk, finishReason)
    if (error !== undefined) return { chunks, malformed, finished, done: false, error }
    finished ||= finishReason !== undefined
    chunks.push({ chunk, data })
    if (finishReason === 'abort') return { chunks, malformed, finished, done: false, error: abortedError() }
  }
  return { chunks, malformed, finished, done: false, error: undefined }
}

/** An error that a chunk tells, as an object, as a text, or by its finish reason alone. */
function inBandError(chunk: ChatChunk, finishReason: string | undefined): ChatStreamError | undefined {
  // Some servers, old ones of vLLM among them, tell an error bare, as the whole chunk.
  const told = chunk.object === 'error' ? chunk : chunk.error
  if (!told && finishReason !== 'error') return undefined
  const words = providerWords(isObject(told) ? told : {})
  const named = words.providerCode ?? words.providerType
  return new ChatStreamError(
    'provider',
    `The provider reported an error in the middle of the answer${named === undefined ? '' : ` (${named})`}.`,
    words,
  )
}

/**
 * vLLM ends an answer that its engine gave up so, and then says `[DONE]` as if it were whole.
 *
 * @see https://github.com/vllm-project/vllm/issues/57082 (read 2026-11-23)
 */
function abortedError(): ChatStreamError {
  return new ChatStreamError('truncated', 'The provider gave the answer up (`finish_reason` is `abort`).')
}
