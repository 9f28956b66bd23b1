import { ChatStreamError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import { lastChunk } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { createJournal, type Journal, type JournalOptions } from './journal.ts'
import type { Limits } from './limits.ts'
import { startLiveRun, type LiveRun, type LiveRunOptions } from './live-run.ts'
import type { RunInfo, RunServerOptions } from './options.ts'
import { createPresence, type DisconnectPolicy, type Presence, type PresenceOptions } from './presence.ts'
import type { StartRequest } from './request.ts'
import { settle } from './settle.ts'
import type { ChatRequest, ChatSource } from './source.ts'
import { endRecord, type ProducerNews, type RunRecord, type RunStore } from './store.ts'

/** A run that this process produces: the run itself, what it has written, and who watches it. */
export interface Production {
  readonly run: LiveRun
  readonly journal: Journal
  readonly presence: Presence
  /** Resolves when the end is in the store, with what a drain has learned, and `onSettled` has returned. Never rejects. */
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
  /** Called once: the end is in the store, with what a drain has learned. */
  readonly onRecorded: () => void
  /** Called once, when `settled` resolves. */
  readonly onSettled: () => void
  readonly onError: (error: unknown) => void
}

const DEFAULT_POLICY = { graceMs: 15_000 }

export function startProduction(options: ProductionOptions): Production {
  return new Producer(options)
}

// A class, as a server keeps thousands of runs at a time, and itself what its journal, presence and run
// call back: an object with closures for each of them would cost a kilobyte.
class Producer implements Production, JournalOptions, PresenceOptions, LiveRunOptions {
  readonly #options: ProductionOptions
  /** What is asked of the provider, once it is prepared. */
  #request: ChatRequest
  readonly journal: Journal
  readonly presence: Presence
  readonly run: LiveRun
  #settling: Promise<void> | undefined

  constructor(options: ProductionOptions) {
    this.#options = options
    this.#request = options.start.request
    this.journal = createJournal(this)
    this.presence = createPresence(this)
    this.run = startLiveRun(this)
  }

  get settled(): Promise<void> {
    return this.#settling ?? this.run.ended.then(() => this.#settling)
  }

  get record(): RunRecord {
    return this.#options.record
  }

  get key(): RunRecord {
    return this.record
  }

  get fence(): string {
    return this.#options.fence
  }

  get store(): RunStore {
    return this.#options.store
  }

  get bounds(): Limits {
    return this.limits
  }

  get policy(): DisconnectPolicy {
    return this.#options.anonymous ? 'cancel' : (this.#options.server.onDisconnect ?? DEFAULT_POLICY)
  }

  get start(): StartRequest {
    return this.#options.start
  }

  get source(): ChatSource {
    return this.#options.server.source
  }

  get limits(): Limits {
    return this.#options.limits
  }

  get clock(): Clock {
    return this.#options.clock
  }

  get drainMs(): number {
    return this.#options.server.onCancel?.drainMs ?? 0
  }

  async prepare(asked: ChatRequest): Promise<ChatRequest> {
    const { server } = this.#options
    const info = this.#info()
    this.#request = (await server.prepare?.(asked, info)) ?? asked
    await server.onStart?.({ ...info, request: this.#request })
    return this.#request
  }

  onChunks(data: readonly string[]): void {
    this.journal.append(data)
  }

  onEnd(outcome: RunOutcome): void {
    this.presence.close()
    this.#settling = this.#settle(outcome)
  }

  onError(error: unknown): void {
    this.#options.onError(error)
  }

  askElsewhere(): Promise<void> {
    return this.journal.renew()
  }

  onAbandoned(): void {
    void this.run.cancel('disconnect')
  }

  onFenced(): void {
    this.#lose('Another machine has ended this run.')
  }

  onLeaseLost(): void {
    this.#lose('The store of runs could not be reached.')
  }

  onNews({ cancelRequested, watched }: ProducerNews): void {
    this.presence.setElsewhere(watched)
    if (cancelRequested) void this.run.cancel('user')
  }

  #lose(message: string): void {
    this.run.breakOff(new ChatStreamError('producer_lost', message))
  }

  #info(): Omit<RunInfo, 'request'> {
    const { id: runId, owner, thread, parent, messageId } = this.record
    return { runId, owner, thread, parent, messageId }
  }

  async #settle(outcome: RunOutcome): Promise<void> {
    const { server, store, record, fence, onRecorded, onSettled } = this.#options
    const byUs = await this.#recordEnd(outcome).catch((error: unknown) => this.onError(error))
    onRecorded()
    if (byUs === true) {
      const info = { ...this.#info(), request: this.#request, attempt: 1 }
      await settle({ server, store, key: record, fence }, await this.run.drained, info)
    }
    onSettled()
  }

  /** Whether this process is the one that recorded the end, and so the one to tell it. */
  async #recordEnd(outcome: RunOutcome): Promise<boolean> {
    const { store, record, fence } = this.#options
    const byUs = await this.journal.end(JSON.stringify(lastChunk(outcome, record)), endRecord(outcome))
    const drained = await this.run.drained
    if (byUs && drained !== outcome) {
      await store.amend(record, fence, endRecord(drained)).catch((error: unknown) => this.onError(error))
    }
    return byUs
  }
}
