import { ChatStreamError } from '../errors.ts'
import { lastChunk, outcomeOfEnd } from '../run/end.ts'
import { UNCONFIRMED, uncancelledOutcome, type RunOutcome } from '../run/outcome.ts'
import { encodeSse } from '../sse/index.ts'
import type { RunServerOptions } from './options.ts'
import { report } from './report.ts'
import { readDelivered } from './run-objects.ts'
import { settle } from './settle.ts'
import { endRecord, type Claim, type RunRecord, type RunStore } from './store.ts'

/**
 * Ends the runs of machines that are gone, with what they had delivered, and settles those that such a machine had ended
 * and not settled. Returns how to stop.
 */
export function takeOverRuns(server: RunServerOptions, store: RunStore): () => void {
  return store.takeOver(async (claim) => {
    try {
      await finish(server, store, claim)
    } catch (error) {
      report(server, error, claim.run.record.id)
    }
  })
}

async function finish(server: RunServerOptions, store: RunStore, claim: Claim): Promise<void> {
  const { record, ended } = claim.run
  const outcome = ended === null ? await endLost(store, claim) : outcomeOfEnd(ended.end, ended.message)
  if (outcome === undefined) return
  const { id: runId, owner, thread, parent, messageId, model, input } = record
  const info = { runId, owner, thread, parent, messageId, request: { model, messages: input } }
  const settlement = { server, store, key: record, fence: claim.fence }
  if (!isDraining(outcome)) return settle(settlement, outcome, { ...info, attempt: claim.attempt })
  // Its machine died while it read on, and before it called anybody.
  const drained: RunOutcome = { ...outcome, cancellation: { ...outcome.cancellation, upstream: 'unknown' } }
  await store.amend(record, claim.fence, endRecord(drained))
  await settle(settlement, drained, { ...info, attempt: claim.attempt - 1 })
}

function isDraining(outcome: RunOutcome): outcome is Extract<RunOutcome, { readonly status: 'cancelled' }> {
  return outcome.status === 'cancelled' && outcome.cancellation.upstream === 'draining'
}

/** Records the end of a run whose producer is gone; `undefined` if somebody else has it by now. */
async function endLost(store: RunStore, { run, fence, cancelRequested }: Claim): Promise<RunOutcome | undefined> {
  const { record, lastEventId } = run
  const outcome = await lostOutcome(store, record, cancelRequested)
  const last = lastEventId + 1
  const text = encodeSse({ id: String(last), data: JSON.stringify(lastChunk(outcome, record)) })
  return (await store.end(record, fence, endRecord(outcome), { id: last, text })) ? outcome : undefined
}

async function lostOutcome(store: RunStore, record: RunRecord, cancelRequested: boolean): Promise<RunOutcome> {
  const { lastRead, facts } = await readDelivered(record, store)
  // Whoever asked for the stop got it, though nobody is left to say what it achieved.
  if (cancelRequested) return { ...facts, status: 'cancelled', cancellation: UNCONFIRMED }
  const error = new ChatStreamError('producer_lost', 'The machine that produced this answer is gone.')
  return uncancelledOutcome(lastRead === 0 ? 'failed' : 'incomplete', facts, error)
}
