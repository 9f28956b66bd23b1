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

export type FinishReason = 'stop' | 'length'

/** What every chunk of one completion shares. */
export interface Envelope {
  readonly id: string
  /** Unix time in seconds. */
  readonly created: number
  readonly model: string
  /** Asked for by `stream_options.include_usage`: then every chunk but the last has `usage: null`. */
  readonly includeUsage: boolean
}

interface Delta {
  readonly role?: 'assistant'
  readonly content?: string
  readonly refusal?: null
}

/** The last event of a complete stream. */
export const DONE_EVENT = 'data: [DONE]\n\n'

export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** One event of the stream. JSON holds no line break, so one `data` line is enough. */
export function encodeEvent(body: unknown): string {
  return `data: ${JSON.stringify(body)}\n\n`
}

/** An event whose JSON breaks off in the middle of a string. */
export function encodeMalformedEvent(envelope: Envelope): string {
  return encodeEvent(chunk(envelope, { content: '' }, null)).replace(/"content":"".*$/m, '"content":"brok')
}

export function roleChunk(envelope: Envelope): unknown {
  return chunk(envelope, { role: 'assistant', content: '', refusal: null }, null)
}

export function tokenChunk(envelope: Envelope, token: string): unknown {
  return chunk(envelope, { content: token }, null)
}

export function finishChunk(envelope: Envelope, reason: FinishReason): unknown {
  return chunk(envelope, {}, reason)
}

/** The usage-only chunk: no choices. */
export function usageChunk(envelope: Envelope, usage: Usage): unknown {
  return { ...chunkHead(envelope), choices: [], usage }
}

/** The answer to a request without `stream`. */
export function completion(envelope: Envelope, content: string, reason: FinishReason, usage: Usage): unknown {
  const { id, created, model } = envelope
  const message = { role: 'assistant', content, refusal: null }
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
    usage,
  }
}

function chunk(envelope: Envelope, delta: Delta, reason: FinishReason | null): unknown {
  return {
    ...chunkHead(envelope),
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
    ...(envelope.includeUsage ? { usage: null } : {}),
  }
}

function chunkHead({ id, created, model }: Envelope): object {
  return { id, object: 'chat.completion.chunk', created, model }
}
