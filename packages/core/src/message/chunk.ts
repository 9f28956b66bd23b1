import { isObject, parseJson, type JsonObject } from '../json.ts'

/**
 * One decoded item of an OpenAI chat-completions stream. Providers leave fields out, send `null` and add their own;
 * nothing but "a JSON object" is taken for granted, and unknown fields are kept.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming (read 2026-11-22)
 */
export interface ChatChunk {
  readonly id?: string
  readonly object?: string
  /** Seconds since the Unix epoch. */
  readonly created?: number
  readonly model?: string
  readonly choices?: readonly ChunkChoice[]
  readonly usage?: unknown
  readonly error?: unknown
  /** The company that really answers; OpenRouter puts it in each chunk. */
  readonly provider?: string
  readonly [other: string]: unknown
}

export interface ChunkChoice {
  readonly index?: number
  readonly delta?: ChunkDelta | null
  readonly finish_reason?: string | null
  readonly [other: string]: unknown
}

export interface ChunkDelta {
  readonly role?: string
  readonly content?: string | null
  readonly reasoning?: string | null
  readonly reasoning_content?: string | null
  readonly refusal?: string | null
  readonly tool_calls?: readonly unknown[] | null
  readonly [other: string]: unknown
}

/** What the `data` of one event says. */
export type ChunkReading =
  | { readonly type: 'chunk'; readonly chunk: ChatChunk }
  | { readonly type: 'done' }
  | { readonly type: 'malformed' }

const DONE: ChunkReading = { type: 'done' }
const MALFORMED: ChunkReading = { type: 'malformed' }

/** Reads the `data` of one event. Never throws: what is not a JSON object is `malformed`. */
export function readChunk(data: string): ChunkReading {
  if (data.startsWith('[DONE]') && data.trimEnd() === '[DONE]') return DONE
  const chunk = parseJson(data)
  return isObject(chunk) ? { type: 'chunk', chunk } : MALFORMED
}

/** One piece of a tool call; the pieces of one call share their `index`, and `arguments` is a fragment of JSON text. */
export interface ToolCallDelta {
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** What one chunk adds to the message. A chunk that adds nothing has no delta. */
export interface ChatDelta {
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly ToolCallDelta[]
}

/** What one chunk means for the message of choice 0. */
export interface ChunkFacts {
  readonly delta: ChatDelta | undefined
  readonly finishReason: string | undefined
}

const NO_FACTS: ChunkFacts = { delta: undefined, finishReason: undefined }

/**
 * Reads choice 0 of a chunk; the message is that choice's. Never throws, whatever the fields hold.
 *
 * A refusal is what the assistant said, so it counts as text.
 */
export function chunkFacts(chunk: ChatChunk): ChunkFacts {
  const choice = firstChoice(chunk)
  if (choice === undefined) return NO_FACTS
  const { delta } = choice
  return { delta: isObject(delta) ? readDelta(delta) : undefined, finishReason: readFinishReason(choice) }
}

/** The finish reason of choice 0, for those who leave the delta to somebody else. */
export function finishReasonOf(chunk: ChatChunk): string | undefined {
  const choice = firstChoice(chunk)
  return choice && readFinishReason(choice)
}

function readFinishReason({ finish_reason: finishReason }: JsonObject): string | undefined {
  return typeof finishReason === 'string' && finishReason !== '' ? finishReason : undefined
}

function firstChoice(chunk: ChatChunk): JsonObject | undefined {
  if (!Array.isArray(chunk.choices)) return undefined
  // Nearly every chunk has exactly one choice, and some providers leave out its index.
  return chunk.choices.find((choice: unknown) => isObject(choice) && (choice['index'] ?? 0) === 0)
}

function readDelta(delta: JsonObject): ChatDelta | undefined {
  const text = firstText(delta['content'], delta['refusal'])
  const reasoning = firstText(delta['reasoning_content'], delta['reasoning'])
  const toolCalls = readToolCalls(delta['tool_calls'])
  if (text === undefined && reasoning === undefined && toolCalls === undefined) return undefined
  return {
    ...(text !== undefined && { text }),
    ...(reasoning !== undefined && { reasoning }),
    ...(toolCalls !== undefined && { toolCalls }),
  }
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}

function readToolCalls(value: unknown): readonly ToolCallDelta[] | undefined {
  if (!Array.isArray(value)) return undefined
  const calls = value.filter(isObject)
  return calls.length === 0 ? undefined : calls.map(readToolCall)
}

function readToolCall(call: JsonObject, position: number): ToolCallDelta {
  const { index, id } = call
  const fn = isObject(call['function']) ? call['function'] : {}
  const { name, arguments: args } = fn
  return {
    index: typeof index === 'number' ? index : position,
    ...(typeof id === 'string' && { id }),
    ...(typeof name === 'string' && { name }),
    ...(typeof args === 'string' && { arguments: args }),
  }
}
