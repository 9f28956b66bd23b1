import { ChatStreamError } from '../errors.ts'
import type { ChunkBatch, WireChunk } from '../http/provider-stream.ts'
import { isObject, type JsonObject } from '../json.ts'
import type { ChatChunk } from '../message/chunk.ts'

/** An OpenAI chat-completions request body, `sluice` taken out. */
export type ChatRequest = JsonObject & { readonly model: string; readonly messages: readonly unknown[] }

/** Which run a source works for. */
export interface SourceRun {
  readonly id: string
  readonly owner: string
  readonly thread: string | null
}

export interface SourceContext {
  /** Aborts when the run is cancelled or has ended: close what costs. A source that ignores it is left after 1 s. */
  readonly signal: AbortSignal
  readonly run: SourceRun
  /** Most UTF-16 code units of one chunk as JSON (`limits.eventBytes`): a source need not hold more of one. */
  readonly eventBytes: number
}

/**
 * What a source yields: a string is a piece of text; an object with `choices` or `error` is a chunk, whose `id`,
 * `object`, `created` and `model` are filled in where they lack; a batch is several chunks with their wire text, passed
 * on untouched. Anything else fails the run with `protocol`.
 */
export type SourceItem = string | ChatChunk | ChunkBatch

/** What yields the chunks of a run. Returning completes the run, throwing fails it (`truncated`: leaves it incomplete). */
export interface ChatSource {
  (request: ChatRequest, context: SourceContext): AsyncIterable<SourceItem>
  /** Who answers, as billing tables name it, when no chunk tells. */
  readonly provider?: string
  /** What `GET models` answers. */
  readonly models?: (signal: AbortSignal) => Promise<unknown>
}

/** Fields that a chunk must have for strict clients, where a source left them out. */
export type ChunkDefaults = Required<Pick<ChatChunk, 'id' | 'object' | 'created' | 'model'>>

/** The chunks of one item. Throws what the item is wrong with. */
export function readItem(item: unknown, defaults: ChunkDefaults): ChunkBatch {
  if (isBatch(item)) return item
  const chunk = typeof item === 'string' ? textChunk(item) : item
  if (isObject(chunk) && isObject(chunk['error'])) {
    throw new ChatStreamError('provider', 'The source reported an error.', { cause: chunk['error'] })
  }
  if (!isObject(chunk) || !Array.isArray(chunk['choices'])) {
    throw new ChatStreamError(
      'protocol',
      'Expected the source to yield strings, or objects with `choices` or `error`; it yielded something else.',
    )
  }
  return { chunks: [wireChunk({ ...defaults, ...chunk })], malformed: 0 }
}

function wireChunk(chunk: ChatChunk): WireChunk {
  return { chunk, data: JSON.stringify(chunk) }
}

function textChunk(content: string): ChatChunk {
  return { choices: [{ index: 0, delta: { content }, finish_reason: null }] }
}

function isBatch(item: unknown): item is ChunkBatch {
  return isObject(item) && Array.isArray(item['chunks']) && typeof item['malformed'] === 'number'
}
