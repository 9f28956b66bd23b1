import { ChatStreamError } from '../errors.ts'
import { isObject } from '../json.ts'
import { createChunkReader } from '../message/chunk-reader.ts'
import { chunkFacts, finishReasonOf, readChunk, type ChatChunk } from '../message/chunk.ts'
import type { SseEvent } from '../sse/index.ts'
import { EventReader, eventStreamBody } from './event-stream.ts'
import type { ByteStream } from './fetch-response.ts'
import { providerWords } from './response-error.ts'
import { encodeBody, joinURL, lowerCased, send, type Fetch } from './send.ts'

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
  return { accept, ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...lowerCased(headers) }
}

export interface ProviderRequest extends ProviderAddress {
  /** The whole request body, `stream: true` included. */
  readonly body: unknown
  readonly fetch: Fetch
  readonly signal: AbortSignal
  /** Most UTF-16 code units of one event; more throws `limit`. Default 16 Mi. */
  readonly maxEventLength?: number | undefined
}

/**
 * Asks an OpenAI-compatible provider for one streamed answer. The first batch is empty and says that the head came.
 *
 * Returning means that the provider said it is complete: `[DONE]`, or the end of the body after a `finish_reason`.
 * Everything else throws a `ChatStreamError`: `truncated` where the body ended or broke without either, or the provider
 * gave the answer up (`abort`), `provider` for an error told in the stream, and `network`, `http`, `protocol` and their
 * like before the head. After an abort it throws when the socket is closed; under a `fetch` that knows no abort that may
 * be never.
 */
export function providerStream(request: ProviderRequest): AsyncIterableIterator<ChunkBatch, undefined> {
  return new ProviderStream(request)
}

const DONE = { done: true, value: undefined } as const

// A class, as a server keeps one for each of thousands of runs: an async generator that waits takes about a kilobyte.
class ProviderStream implements AsyncIterableIterator<ChunkBatch, undefined> {
  readonly #signal: AbortSignal
  readonly #apiKey: string | undefined
  /** Until it is sent: a request may be large, and its stream be open for long. */
  #request: ProviderRequest | undefined
  /** While there may be more to read. */
  #reader: EventReader | undefined
  #finished = false
  /** What the provider told behind the batch that was given last. */
  #failure: ChatStreamError | undefined

  constructor(request: ProviderRequest) {
    this.#signal = request.signal
    this.#apiKey = request.apiKey
    this.#request = request
  }

  async next(): Promise<IteratorResult<ChunkBatch, undefined>> {
    const request = this.#request
    if (request !== undefined) {
      this.#request = undefined
      const body = await ask(request).catch((error: unknown) => this.#end(error))
      if ('done' in body) return body
      this.#reader = new EventReader(body, this.#signal, request.maxEventLength)
      return { done: false, value: { chunks: [], malformed: 0 } }
    }
    const reader = this.#reader
    if (reader === undefined) return this.#end(this.#failure)
    try {
      const events = reader.parse(await reader.read())
      if (events !== undefined) return { done: false, value: this.#take(events) }
    } catch (error) {
      reader.close()
      if (this.#signal.aborted) await reader.closing
      return this.#end(
        error instanceof ChatStreamError ? error : this.#truncated('The connection to the provider broke.', error),
      )
    }
    return this.#end(this.#truncated('The provider ended the stream without `finish_reason` or `[DONE]`.'))
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#request = undefined
    return this.#end(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(events: readonly SseEvent[]): ChunkBatch {
    const batch = readBatch(events)
    this.#finished ||= batch.finished
    this.#failure = batch.error
    if (batch.done || batch.error !== undefined) this.#close()
    return batch
  }

  #close(): void {
    this.#reader?.close() // the peer may keep its socket open after an end
    this.#reader = undefined
  }

  #truncated(message: string, cause?: unknown): ChatStreamError | undefined {
    return this.#finished ? undefined : new ChatStreamError('truncated', message, { cause })
  }

  #end(error: unknown): IteratorReturnResult<undefined> {
    this.#close()
    this.#failure = undefined
    if (error !== undefined) throw withoutKey(error, this.#apiKey)
    return DONE
  }
}

/** A provider may say our own key back to us, as its code or its type of an error. */
function withoutKey(error: unknown, apiKey: string | undefined): unknown {
  if (!apiKey || !(error instanceof ChatStreamError)) return error
  const { code, status, retryAfterMs, providerCode, providerType } = error
  if (![providerCode, providerType].some((word) => word?.includes(apiKey))) return error
  const facts = { ...(status !== undefined && { status }), ...(retryAfterMs !== undefined && { retryAfterMs }) }
  return new ChatStreamError(code, 'The provider answered with an error, and with the key in it.', facts)
}

async function ask(request: ProviderRequest): Promise<ByteStream> {
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

/** So many events in one read of the socket are read as what they are: alike. */
const BURST = 8

function readBatch(events: readonly SseEvent[]): ReadBatch {
  const chunks: WireChunk[] = []
  // Worth its making only in a burst; and one for each batch costs a stream that is silent nothing.
  const read = events.length < BURST ? readChunk : createChunkReader()
  let malformed = 0
  let finished = false
  for (const { data } of events) {
    const reading = read(data)
    if (reading.type === 'done') return { chunks, malformed, finished, done: true, error: undefined }
    if (reading.type === 'malformed') {
      malformed += 1
      continue
    }
    const { chunk } = reading
    const finishReason = finishReasonOf(chunk)
    const error = inBandError(chunk, finishReason)
    if (error !== undefined) {
      // What was said beside the error is kept; the error's own words are the provider's, and go nowhere.
      const rest = { ...chunk, error: undefined }
      if (chunkFacts(chunk).delta !== undefined) chunks.push({ chunk: rest, data: encodeBody(rest) })
      return { chunks, malformed, finished, done: false, error }
    }
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
