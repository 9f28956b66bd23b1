import { ChatStreamError } from '../errors.ts'
import type { AssistantMessage } from '../message/message.ts'
import type { Usage } from '../message/usage.ts'
import type { RunEnd } from './state.ts'

/** What a stop achieved, as far as it is known. */
export interface Cancellation {
  /** `user`: somebody asked for it · `disconnect`: no viewer was left for longer than the server's grace. */
  readonly requestedBy: 'user' | 'disconnect'
  /**
   * What became of the provider's stream: `closed`: its socket was closed · `not-started`: the provider was never
   * asked · `finished`: the answer had ended before the stop arrived · `draining` / `drained`: it is (was) read on, to
   * learn the provider's own count · `unknown`: nobody said in time.
   */
  readonly upstream: 'closed' | 'not-started' | 'finished' | 'draining' | 'drained' | 'unknown'
  /**
   * `stopped` only where nothing was asked, or where the provider is known to stop billing when its socket closes;
   * `continues` where it is known to bill the whole answer; else `unknown`.
   */
  readonly billing: 'stopped' | 'continues' | 'unknown'
  /** ms from the stop until the provider's stream was known to be closed; `null` if it never was. */
  readonly closedAfterMs: number | null
}

/** A stop that came before the provider was asked: nothing was produced, so nothing is billed. */
export const NOT_STARTED: Cancellation = {
  requestedBy: 'user',
  upstream: 'not-started',
  billing: 'stopped',
  closedAfterMs: null,
}

/** A stop that came after the answer had ended: all of it was produced, and is billed. */
export const ALREADY_FINISHED: Cancellation = {
  requestedBy: 'user',
  upstream: 'finished',
  billing: 'continues',
  closedAfterMs: null,
}

/** A stop of which nobody said in time what it achieved. */
export const UNCONFIRMED: Cancellation = {
  requestedBy: 'user',
  upstream: 'unknown',
  billing: 'unknown',
  closedAfterMs: null,
}

/** What every outcome holds, however the run ended. */
export interface OutcomeFacts {
  /** All that was delivered. */
  readonly message: AssistantMessage
  /** The provider's `finish_reason`, or `null` if none came. */
  readonly finishReason: string | null
  readonly usage: Usage
  /** Events whose data was not a JSON object, and which were skipped. */
  readonly skippedChunks: number
}

/** How a run ended: the same shape at both ends, discriminated by `status`. */
export type RunOutcome = OutcomeFacts &
  (
    | { readonly status: 'completed' }
    | { readonly status: 'cancelled'; readonly cancellation: Cancellation }
    | { readonly status: 'failed' | 'incomplete'; readonly detached?: never; readonly error: ChatStreamError }
    | { readonly status: 'incomplete'; readonly detached: true }
  )

/** The outcome of a run that was not cancelled; a broken one without an error of its own merely stopped coming. */
export function uncancelledOutcome(
  status: Exclude<RunEnd, 'cancelled'>,
  facts: OutcomeFacts,
  error: ChatStreamError = new ChatStreamError('truncated', 'The answer ended without having finished.'),
): RunOutcome {
  return status === 'completed' ? { ...facts, status } : { ...facts, status, error }
}

/** The error of an outcome that has one. */
export function outcomeError(outcome: RunOutcome): ChatStreamError | undefined {
  return 'error' in outcome ? outcome.error : undefined
}
