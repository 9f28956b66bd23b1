import { ChatStreamError } from '../errors.ts'
import { outcomeOfEnd } from '../run/end.ts'
import type { RunTransition } from '../run/machine.ts'
import type { Cancellation, OutcomeFacts, RunOutcome } from '../run/outcome.ts'
import type { RunEvent } from '../run/state.ts'
import type { EndFacts, Peer } from './peer.ts'

/** What this side knows of its run when it ends. */
export interface ViewerFacts {
  readonly ledger: OutcomeFacts
  readonly provider: string | undefined
  readonly peer: Peer
  /** Whether anything was ever sent. */
  readonly started: boolean
  /** ms since `cancel()`, or `null` if this side never cancelled. */
  readonly stopTook: number | null
}

/** The outcome of the transition that ended a run. What a server told outranks what this side counted. */
export function viewerOutcome({ event, to }: RunTransition, end: EndFacts, viewer: ViewerFacts): RunOutcome {
  const { told } = end
  const facts: OutcomeFacts = {
    message: viewer.ledger.message,
    finishReason: told?.finishReason ?? viewer.ledger.finishReason,
    usage: told?.usage ?? viewer.ledger.usage,
    skippedChunks: viewer.ledger.skippedChunks + (told?.skippedChunks ?? 0),
  }
  if (event === 'detach') return { ...facts, status: 'incomplete', detached: true }
  if (to === 'cancelled') {
    return { ...facts, status: to, cancellation: told?.cancellation ?? cancellation(event, viewer) }
  }
  if (to === 'completed') return { ...facts, status: to }
  if (told !== undefined && told.status === to) return outcomeOfEnd({ ...told, ...facts }, facts.message)
  const error = end.error ?? new ChatStreamError('truncated', 'The answer ended without having finished.')
  return to === 'failed' ? { ...facts, status: to, error } : { ...facts, status: 'incomplete', error }
}

function cancellation(event: RunEvent, { started, peer, provider, stopTook }: ViewerFacts): Cancellation {
  const requestedBy = 'user'
  if (!started) return { requestedBy, upstream: 'not-started', billing: 'stopped', closedAfterMs: stopTook }
  // The answer had ended before the stop arrived: all of it was produced, and is billed.
  if (event === 'finished') return { requestedBy, upstream: 'finished', billing: 'continues', closedAfterMs: null }
  if (event === 'timeout' || peer.rejoins) {
    return { requestedBy, upstream: 'unknown', billing: 'unknown', closedAfterMs: null }
  }
  return { requestedBy, upstream: 'closed', billing: peer.billing(provider), closedAfterMs: stopTook }
}
