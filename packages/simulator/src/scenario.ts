import type { DialectName } from './dialects.ts'
import type { FramingName } from './framing.ts'
import type { OpenAIError } from './wire.ts'

/** What happens in the middle of an answer. All but the `malformed` ones end it. */
export type Fault = 'stall' | 'cut' | 'malformed' | 'malformed-flood' | 'error' | 'finish-error' | 'abort'

/** How a complete answer ends: as OpenAI does, without `[DONE]`, or without `finish_reason` and `[DONE]`. */
export type Ending = 'done' | 'no-done' | 'truncated'

/** What a 429 says of when to come again. */
export type RetryAfter = 'seconds' | 'date'

/** Answers with an error before any token. */
export interface Refusal {
  readonly kind: 'refuse'
  readonly description: string
  readonly status: number
  readonly error: OpenAIError
  readonly retryAfter: RetryAfter | null
}

/** Answers with something that is neither an answer nor an OpenAI error. */
export interface Reply {
  readonly kind: 'reply'
  readonly description: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the body ever ends. */
  readonly ends: boolean
}

/** Generates the answer. */
export interface Answer {
  readonly kind: 'answer'
  readonly description: string
  /** Divides the rate. */
  readonly slowdown: number
  /** Multiplies the time to the first token. */
  readonly wait: number
  /** When the head goes out: at once, when the first token is due, or never. */
  readonly head: 'at-once' | 'late' | 'never'
  /** Whether comments come while the first token is waited for. */
  readonly keepalive: boolean
  /** Whether the answer comes as a stream if it was asked for as one. */
  readonly streams: boolean
  /** Every other request, from the first, is refused with a 429 that says this. */
  readonly retryAfter: RetryAfter | null
  readonly fault: Fault | null
  /** Before the first token, or after half of them. */
  readonly faultAt: 'start' | 'half'
  readonly ending: Ending
  readonly dialect: DialectName
  readonly framing: FramingName
}

/** What the simulator does with one request. */
export type Scenario = Refusal | Reply | Answer
