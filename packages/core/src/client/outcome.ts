import { outcomeOfEnd } from '../run/end.ts'
import {
  ALREADY_FINISHED,
  NOT_STARTED,
  UNCONFIRMED,
  uncancelledOutcome,
  type Cancellation,
  type OutcomeFacts,
  type RunOutcome,
} from '../run/outcome.ts'
import type { RunEnd, RunEvent } from '../run/state.ts'
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

/** The outcome of a run that `event` led to the end `to`. What a server told outranks what this side counted. */
export function viewerOutcome(event: RunEvent, to: RunEnd, end: EndFacts, viewer: ViewerFacts): RunOutcome {
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
  if (told !== undefined && told.status === to) return outcomeOfEnd({ ...told, ...facts }, facts.message)
  return uncancelledOutcome(to, facts, end.error)
}

function cancellation(event: RunEvent, { started, peer, provider, stopTook }: ViewerFacts): Cancellation {
  if (!started) return { ...NOT_STARTED, closedAfterMs: stopTook }
  if (event === 'finished') return ALREADY_FINISHED
  if (event === 'timeout' || peer.rejoins) return UNCONFIRMED
  return { requestedBy: 'user', upstream: 'closed', billing: peer.billing(provider), closedAfterMs: stopTook }
}
