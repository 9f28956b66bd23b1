/** The `error` of an OpenAI error body, and of an in-band error event. */
export interface OpenAIError {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

/** Token counts in OpenAI's spelling. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'error' | 'abort'

/** What every chunk of one completion shares. */
export interface Envelope {
  readonly id: string
  /** Unix time in seconds. */
  readonly created: number
  readonly model: string
  /** Asked for by `stream_options.include_usage`: then every chunk but the last has `usage: null`. */
  readonly includeUsage: boolean
}

export interface Choice {
  readonly index: number
  readonly delta: object | null
  readonly logprobs: object | null
  readonly finish_reason: FinishReason | null
}

export interface Chunk {
  readonly id: string
  readonly object: 'chat.completion.chunk'
  readonly created: number
  readonly model: string
  readonly choices: readonly Choice[]
  readonly usage?: Usage | null
}

/** The `data` of a complete stream's last event. */
export const DONE = '[DONE]'

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** A chunk of one choice. */
export function chunk(envelope: Envelope, delta: object | null, reason: FinishReason | null = null): Chunk {
  return {
    ...chunkHead(envelope),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(envelope.includeUsage ? { usage: null } : {}),
  }
}

/** The usage-only chunk: no choices. */
export function usageChunk(envelope: Envelope, usage: Usage): Chunk {
  return { ...chunkHead(envelope), choices: [], usage }
}

/** JSON that breaks off in the middle of a string. */
export function malformedJson(envelope: Envelope): string {
  return JSON.stringify(chunk(envelope, { content: '' })).replace(/"content":"".*$/, '"content":"brok')
}

/** The answer to a request without `stream`. */
export function completion(
  { id, created, model }: Envelope,
  message: object,
  reason: FinishReason,
  usage: Usage,
): object {
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    usage,
  }
}

function chunkHead({ id, created, model }: Envelope): Pick<Chunk, 'id' | 'object' | 'created' | 'model'> {
  return { id, object: 'chat.completion.chunk', created, model }
}
