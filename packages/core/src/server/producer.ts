import { ChatStreamError } from '../errors.ts'
import type { Clock } from '../run/clock.ts'
import { lastChunk } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { createJournal, type Journal } from './journal.ts'
import type { Limits } from './limits.ts'
import { startLiveRun, type LiveRun } from './live-run.ts'
import type { RunServerOptions } from './options.ts'
import { createPresence, type Presence } from './presence.ts'
import type { StartRequest } from './request.ts'
import type { ChatRequest } from './source.ts'
import { endRecord, type RunRecord, type RunStore } from './store.ts'

/** A run that this process produces: the run itself, what it has written, and who watches it. */
export interface Production {
  readonly run: LiveRun
  readonly journal: Journal
  readonly presence: Presence
  /** Resolves when the end is in the store. Never rejects. */
  readonly recorded: Promise<void>
  /** Resolves when `onSettled` has returned, too. Never rejects. */
  readonly settled: Promise<void>
}

export interface ProductionOptions {
  readonly record: RunRecord
  readonly fence: string
  readonly start: StartRequest
  /** Whether the client named no run, so that it could not come back. */
  readonly anonymous: boolean
  readonly server: RunServerOptions
  readonly store: RunStore
  readonly limits: Limits
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const DEFAULT_POLICY = { graceMs: 15_000 }

export function startProduction(options: ProductionOptions): Production {
  const { record, fence, start, server, store, limits, clock, onError } = options
  const { id: runId, owner, thread } = record
  let request = start.request

  const journal = createJournal({
    key: record,
    fence,
    store,
    bounds: limits,
    clock,
    onCancelRequested: () => void run.cancel('user'),
    onFenced: () => run.breakOff(new ChatStreamError('producer_lost', 'Another machine has ended this run.')),
    onError,
  })
  const policy = options.anonymous ? 'cancel' : (server.onDisconnect ?? DEFAULT_POLICY)
  const presence = createPresence(policy, clock, () => void run.cancel('disconnect'))
  const run = startLiveRun({
    record,
    start,
    source: server.source,
    prepare,
    limits,
    clock,
    onChunks: journal.append,
    onEnd: presence.close,
    onError,
  })

  async function prepare(asked: ChatRequest): Promise<ChatRequest> {
    request = (await server.prepare?.(asked, { runId, owner, thread })) ?? asked
    await server.onStart?.({ runId, owner, thread, request })
    return request
  }

  async function settle(outcome: RunOutcome): Promise<void> {
    await server.onSettled?.(outcome, { runId, owner, thread, request, attempt: 1 })
    await store.acknowledge(record, fence)
  }

  async function recordEnd(outcome: RunOutcome): Promise<boolean> {
    const text = JSON.stringify(lastChunk(outcome, { ...record, id: runId }))
    return journal.end(text, endRecord(outcome))
  }

  const recording = run.ended.then(recordEnd)
  const settled = recording.then(async (byUs) => (byUs ? settle(await run.ended) : undefined)).catch(onError)
  return {
    run,
    journal,
    presence,
    recorded: recording.then(
      () => {},
      () => {},
    ),
    settled,
  }
}
