import { ChatStreamError } from '../errors.ts'
import type { Clock } from '../run/clock.ts'
import { lastChunk } from '../run/end.ts'
import { createJournal, type Journal } from './journal.ts'
import type { Limits } from './limits.ts'
import { startLiveRun, type LiveRun } from './live-run.ts'
import type { RunServerOptions } from './options.ts'
import { createPresence, type Presence } from './presence.ts'
import type { StartRequest } from './request.ts'
import { settle } from './settle.ts'
import type { ChatRequest } from './source.ts'
import { endRecord, type RunRecord, type RunStore } from './store.ts'

/** A run that this process produces: the run itself, what it has written, and who watches it. */
export interface Production {
  readonly run: LiveRun
  readonly journal: Journal
  readonly presence: Presence
  /** Resolves when the end is in the store, with what a drain has learned. Never rejects. */
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
  const { id: runId, owner, thread, parent, messageId } = record
  const info = { runId, owner, thread, parent, messageId }
  let request = start.request

  const journal = createJournal({
    key: record,
    fence,
    store,
    bounds: limits,
    clock,
    onNews({ cancelRequested, watched }) {
      presence.setElsewhere(watched)
      if (cancelRequested) void run.cancel('user')
    },
    onFenced: () => run.breakOff(new ChatStreamError('producer_lost', 'Another machine has ended this run.')),
    onLeaseLost: () => run.breakOff(new ChatStreamError('producer_lost', 'The store of runs could not be reached.')),
    onError,
  })
  const policy = options.anonymous ? 'cancel' : (server.onDisconnect ?? DEFAULT_POLICY)
  const presence = createPresence({
    policy,
    clock,
    askElsewhere: journal.renew,
    onAbandoned: () => void run.cancel('disconnect'),
  })
  const run = startLiveRun({
    record,
    start,
    source: server.source,
    prepare,
    limits,
    drainMs: server.onCancel?.drainMs ?? 0,
    clock,
    onChunks: journal.append,
    onEnd: presence.close,
    onError,
  })

  async function prepare(asked: ChatRequest): Promise<ChatRequest> {
    request = (await server.prepare?.(asked, info)) ?? asked
    await server.onStart?.({ ...info, request })
    return request
  }

  /** Whether this process is the one that recorded the end, and so the one to tell it. */
  async function recordEnd(): Promise<boolean> {
    const outcome = await run.ended
    const text = JSON.stringify(lastChunk(outcome, { ...record, id: runId }))
    const byUs = await journal.end(text, endRecord(outcome))
    const drained = await run.drained
    if (byUs && drained !== outcome) await store.amend(record, fence, endRecord(drained)).catch(onError)
    return byUs
  }

  async function settleOurs(byUs: boolean): Promise<void> {
    if (byUs) await settle({ server, store, key: record, fence }, await run.drained, { ...info, request, attempt: 1 })
  }

  const recording = recordEnd()
  const settled = recording.then(settleOurs).catch(onError)
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
