import { isObject, parseJson, stringOr, type JsonObject } from '../json.ts'

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
  /** Text; Mistral also sends arrays of parts. */
  readonly content?: string | readonly unknown[] | null
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

/** One piece of a tool call, as it was sent; `arguments` is a fragment of JSON text. */
export interface ToolCallDelta {
  /** Shared by the pieces of one call; sloppy providers leave it out, or give it to several calls. */
  readonly index?: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** What one chunk adds to the message. A chunk that adds nothing has no delta. */
export interface ChatDelta {
  readonly text?: string
  readonly reasoning?: string
  readonly toolCalls?: readonly ToolCallDelta[]
  /** The choice's `logprobs` as they were sent, where they were asked for. */
  readonly logprobs?: unknown
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
 *
 * @see https://docs.mistral.ai/capabilities/reasoning/ for content arrays
 */
export function chunkFacts(chunk: ChatChunk): ChunkFacts {
  const choice = firstChoice(chunk)
  if (choice === undefined) return NO_FACTS
  const { delta } = choice
  return {
    delta: isObject(delta) ? readDelta(delta, choice['logprobs']) : undefined,
    finishReason: readFinishReason(choice),
  }
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

function readDelta(delta: JsonObject, logprobs: unknown): ChatDelta | undefined {
  const { content } = delta
  const text = firstText(contentOf(content, 'text'), delta['refusal'])
  const reasoning = firstText(delta['reasoning_content'], delta['reasoning'], contentOf(content, 'thinking'))
  const toolCalls = readToolCalls(delta['tool_calls'])
  if (text === undefined && reasoning === undefined && toolCalls === undefined) return undefined
  return {
    ...(text !== undefined && { text }),
    ...(reasoning !== undefined && { reasoning }),
    ...(toolCalls !== undefined && { toolCalls }),
    ...(isObject(logprobs) && { logprobs }),
  }
}

/** A content as it is, or the parts of one `type` joined: Mistral sends arrays of parts, and nests `thinking` ones. */
function contentOf(content: unknown, type: 'text' | 'thinking'): string {
  if (typeof content === 'string') return type === 'text' ? content : ''
  if (!Array.isArray(content)) return ''
  const parts = content.filter(isObject).filter((part) => part['type'] === type)
  return parts.map((part) => (type === 'text' ? stringOr(part['text'], '') : contentOf(part[type], 'text'))).join('')
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}

function readToolCalls(value: unknown): readonly ToolCallDelta[] | undefined {
  if (!Array.isArray(value)) return undefined
  const calls = value.filter(isObject)
  return calls.length === 0 ? undefined : calls.map(readToolCall)
}

function readToolCall(call: JsonObject): ToolCallDelta {
  const { index, id } = call
  const fn = isObject(call['function']) ? call['function'] : {}
  const { name, arguments: args } = fn
  return {
    ...(typeof index === 'number' && { index }),
    ...(typeof id === 'string' && { id }),
    ...(typeof name === 'string' && { name }),
    ...(typeof args === 'string' && { arguments: args }),
  }
}
