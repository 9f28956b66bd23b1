import { ChatStreamError, isChatStreamErrorCode, type ChatStreamErrorFacts } from '../errors.ts'
import { isObject, stringOr } from '../json.ts'
import type { ChatChunk } from '../message/chunk.ts'
import type { AssistantMessage } from '../message/message.ts'
import { UNKNOWN_USAGE, usageFromJson, type Usage } from '../message/usage.ts'
import {
  NOT_STARTED,
  outcomeError,
  UNCONFIRMED,
  uncancelledOutcome,
  type Cancellation,
  type RunOutcome,
} from './outcome.ts'
import { RUN_ENDS, type RunEnd, type RunEvent } from './state.ts'

/** The events by which the other end, or its transport, ends a run. */
export type EndEvent = Extract<RunEvent, 'finished' | 'truncated' | 'stopped' | 'error' | 'confirmed'>

/** What an end's `status` on the wire is to the machine of the one who reads it. */
export const EVENT_OF_STATUS: Readonly<Record<RunEnd, EndEvent>> = {
  completed: 'finished',
  incomplete: 'truncated',
  cancelled: 'stopped',
  failed: 'error',
}

/** The `sluice` field of a last chunk: the outcome without its message. */
export interface SluiceEnd {
  readonly status: RunEnd
  readonly finishReason: string | null
  readonly usage: Usage
  readonly skippedChunks: number
  readonly cancellation?: Cancellation
  readonly error?: ChatStreamErrorFacts
}

export function sluiceEnd(outcome: RunOutcome): SluiceEnd {
  const error = outcomeError(outcome)
  return {
    status: outcome.status,
    finishReason: outcome.finishReason,
    usage: outcome.usage,
    skippedChunks: outcome.skippedChunks,
    ...(outcome.status === 'cancelled' && { cancellation: outcome.cancellation }),
    ...(error !== undefined && { error: error.toJSON() }),
  }
}

/** The outcome that an end tells, about the message that this reader received. */
export function outcomeOfEnd(end: SluiceEnd, message: AssistantMessage): RunOutcome {
  const { finishReason, usage, skippedChunks } = end
  const facts = { message, finishReason, usage, skippedChunks }
  if (end.status === 'cancelled') {
    return { ...facts, status: 'cancelled', cancellation: end.cancellation ?? UNCONFIRMED }
  }
  return uncancelledOutcome(end.status, facts, end.status === 'completed' ? undefined : errorOfFacts(end.error))
}

/** The end of a run that was cancelled before it began. */
export const NEVER_STARTED: SluiceEnd = {
  status: 'cancelled',
  finishReason: null,
  usage: UNKNOWN_USAGE,
  skippedChunks: 0,
  cancellation: NOT_STARTED,
}

export function errorOfFacts(facts: ChatStreamErrorFacts | undefined): ChatStreamError {
  if (facts === undefined) return new ChatStreamError('protocol', 'The server ended the run without telling why.')
  const { code, message, ...rest } = facts
  return new ChatStreamError(code, message, rest)
}

/**
 * The last chunk of a run, which clients that know nothing of Sluice read as the truth in OpenAI's words: `stop` for a
 * cancelled run, `error` (and an `error` object) for a failed or an incomplete one, else the provider's own reason.
 */
export function lastChunk(outcome: RunOutcome, facts: { id: string; created: number; model: string }): ChatChunk {
  const error = outcomeError(outcome)
  return {
    id: facts.id,
    object: 'chat.completion.chunk',
    created: facts.created,
    model: facts.model,
    choices: [{ index: 0, delta: {}, finish_reason: openAIFinishReason(outcome) }],
    ...(error !== undefined && { error: openAIError(error).error }),
    sluice: sluiceEnd(outcome),
  }
}

export function openAIFinishReason(outcome: RunOutcome): string {
  if (outcome.status === 'completed') return outcome.finishReason ?? 'stop'
  return outcome.status === 'cancelled' ? 'stop' : 'error'
}

/** An error as OpenAI's APIs write one. */
export interface OpenAIErrorBody {
  readonly error: { readonly message: string; readonly type: string; readonly code: string }
}

/** `error.code` is the provider's own word where it told one, else ours; the message is always ours. */
export function openAIError(error: ChatStreamError, status = 500): OpenAIErrorBody {
  const type = error.providerType ?? (status < 500 ? 'invalid_request_error' : 'server_error')
  return { error: { message: error.message, type, code: error.providerCode ?? error.code } }
}

/** The end that a chunk tells, or `undefined` if it is not a last chunk of a Sluice server. Never throws. */
export function readEnd(chunk: ChatChunk): SluiceEnd | undefined {
  return readSluiceEnd(chunk['sluice'])
}

/** An end from JSON of the outside, or `undefined` if it is none. Never throws. */
export function readSluiceEnd(sluice: unknown): SluiceEnd | undefined {
  if (!isObject(sluice)) return undefined
  const status = RUN_ENDS.find((end) => end === sluice['status'])
  if (status === undefined) return undefined
  const { finishReason, skippedChunks } = sluice
  const cancellation = readCancellation(sluice['cancellation'])
  const error = readErrorFacts(sluice['error'])
  return {
    status,
    finishReason: stringOr(finishReason, null),
    usage: usageFromJson(sluice['usage']),
    skippedChunks: typeof skippedChunks === 'number' ? skippedChunks : 0,
    ...(cancellation !== undefined && { cancellation }),
    ...(error !== undefined && { error }),
  }
}

const UPSTREAM = ['closed', 'not-started', 'finished', 'draining', 'drained', 'unknown'] as const
const BILLING = ['stopped', 'continues', 'unknown'] as const

export function readCancellation(value: unknown): Cancellation | undefined {
  if (!isObject(value)) return undefined
  const { requestedBy, closedAfterMs } = value
  return {
    requestedBy: requestedBy === 'disconnect' ? 'disconnect' : 'user',
    upstream: UPSTREAM.find((word) => word === value['upstream']) ?? 'unknown',
    billing: BILLING.find((word) => word === value['billing']) ?? 'unknown',
    closedAfterMs: typeof closedAfterMs === 'number' ? closedAfterMs : null,
  }
}

export function readErrorFacts(value: unknown): ChatStreamErrorFacts | undefined {
  if (!isObject(value)) return undefined
  const { code, message, status, retryAfterMs, providerCode, providerType } = value
  return {
    code: isChatStreamErrorCode(code) ? code : 'provider',
    message: stringOr(message, 'The server told no reason.'),
    ...(typeof status === 'number' && { status }),
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    ...(typeof providerCode === 'string' && { providerCode }),
    ...(typeof providerType === 'string' && { providerType }),
  }
}
