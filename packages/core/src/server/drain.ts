import { readUsage, type Usage } from '../message/usage.ts'
import { billingAfterClose } from '../run/billing.ts'
import { UNCONFIRMED, type Cancellation, type RunOutcome } from '../run/outcome.ts'
import type { ChunkBatch } from '../http/provider-stream.ts'

/** The stream of a cancelled run, read on for nothing but the provider's own count. */
export interface Drain {
  /** The cancellation while it lasts: the provider goes on, and bills. */
  readonly cancellation: Cancellation
  /** Looks for a count. */
  add(batch: ChunkBatch): void
  /**
   * The cancelled outcome with what was learned.
   *
   * @param upstream `drained`: the provider ended its stream · `closed`: it was closed before that · `unknown`: nobody
   *   said so in time
   * @param closedAfterMs ms from the cancel until now
   */
  amend(outcome: RunOutcome, upstream: 'drained' | 'closed' | 'unknown', closedAfterMs: number): RunOutcome
}

export function createDrain(requestedBy: Cancellation['requestedBy'], provider: () => string | undefined): Drain {
  let usage: Usage | undefined
  return {
    cancellation: { requestedBy, upstream: 'draining', billing: 'continues', closedAfterMs: null },
    add({ chunks }) {
      for (const { chunk } of chunks) usage = readUsage(chunk.usage) ?? usage
    },
    amend(outcome, upstream, closedAfterMs) {
      const facts = { ...outcome, usage: usage ?? outcome.usage, status: 'cancelled' } as const
      if (upstream === 'unknown') return { ...facts, cancellation: { ...UNCONFIRMED, requestedBy } }
      const billing = upstream === 'drained' ? 'continues' : billingAfterClose(provider())
      return { ...facts, cancellation: { requestedBy, upstream, billing, closedAfterMs } }
    },
  }
}
