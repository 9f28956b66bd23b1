import { ChatStreamError, toChatStreamError } from '../errors.ts'
import type { ChunkBatch } from '../http/provider-stream.ts'
import type { ChatChunk, ChatDelta } from '../message/chunk.ts'
import { billingAfterClose } from '../run/billing.ts'
import { createAlarm, type Alarm, type Clock } from '../clock.ts'
import { createDeferred } from '../run/deferred.ts'
import { createRunLedger, type RunLedger } from '../run/ledger.ts'
import { createRunMachine, type RunTransition } from '../run/machine.ts'
import {
  NOT_STARTED,
  outcomeError,
  UNCONFIRMED,
  uncancelledOutcome,
  type Cancellation,
  type RunOutcome,
} from '../run/outcome.ts'
import type { RunObject } from '../run/run-object.ts'
import { isRunEnd, type RunEvent, type RunState } from '../run/state.ts'
import { createDrain, type Drain } from './drain.ts'
import type { Limits } from './limits.ts'
import { stepsOf, turn } from './pace.ts'
import { publicError } from './public-error.ts'
import type { StartRequest } from './request.ts'
import { endedObject, liveObject } from './run-objects.ts'
import { readItem, type ChatRequest, type ChatSource } from './source.ts'
import { endRecord, type RunEndRecord, type RunRecord } from './store.ts'

export interface LiveRunOptions {
  readonly record: RunRecord
  readonly start: StartRequest
  readonly source: ChatSource
  /** Everything that comes before the source: may change the request, or refuse it by throwing. */
  prepare(request: ChatRequest): Promise<ChatRequest>
  readonly limits: Limits
  /** How long a cancelled provider is read on for its count, in ms; 0 closes its socket at once. */
  readonly drainMs: number
  readonly clock: Clock
  /** The wire text of chunks that viewers shall see. */
  onChunks(data: readonly string[]): void
  /** Called once. */
  onEnd(outcome: RunOutcome): void
  /** What went wrong, unfiltered: for logs, never for viewers. */
  onError(error: unknown): void
}

/** A run on the machine that produces it. It needs no viewer to go on. */
export interface LiveRun {
  readonly record: RunRecord
  /** Resolves when the provider's head came or the run ended, with its error if it failed before any head. */
  readonly head: Promise<ChatStreamError | undefined>
  /** Never rejects. */
  readonly ended: Promise<RunOutcome>
  /** Whether the run was cancelled, and its provider is still read for its count. */
  readonly isDraining: boolean
  /** The outcome to settle: that of `ended`, with what a drain has learned since. Never rejects. */
  readonly drained: Promise<RunOutcome>
  object(lastEventId: number): RunObject
  /** Stops the run; resolves when the source has stopped, or after 1 s, or at once if it is drained. */
  cancel(requestedBy: Cancellation['requestedBy']): Promise<RunOutcome>
  /** Breaks the run off, or its drain, for a reason that is not a stop. */
  breakOff(error: ChatStreamError): void
}

/** How long a source may take to stop, in ms. */
const STOP_MS = 1_000

export function startLiveRun(options: LiveRunOptions): LiveRun {
  return new Live(options)
}

// A class, as a server keeps thousands of runs at a time: a closure for each of its functions would cost some kilobytes.
class Live implements LiveRun {
  readonly #options: LiveRunOptions
  readonly #ledger: RunLedger
  readonly #alarm: Alarm
  /** When even an answer that goes on has to have ended. */
  readonly #due: number
  readonly #head = createDeferred<ChatStreamError | undefined>()
  readonly #ended = createDeferred<RunOutcome>()
  readonly #drained = createDeferred<RunOutcome>()
  readonly #stopping = new AbortController()
  readonly #machine = createRunMachine('submitted', (transition) => this.#onChange(transition))

  #asked = false
  #opened = false
  #cancelledAt = 0
  #requestedBy: Cancellation['requestedBy'] = 'user'
  #why: ChatStreamError | undefined
  #drain: Drain | undefined
  #end: RunEndRecord | undefined
  #answerLength = 0
  /** How much of a full log has come since the event loop last had its turn. */
  #filled = 0

  constructor(options: LiveRunOptions) {
    const { record, start, limits, clock } = options
    this.#options = options
    this.#ledger = createRunLedger({ messageId: record.messageId, messages: start.request.messages })
    this.#alarm = createAlarm(clock)
    this.#due = clock.now() + limits.totalMs
    this.#expectWithin(limits.connectMs, () => this.#expire('The provider did not answer', limits.connectMs))
    void this.#produce()
  }

  get record(): RunRecord {
    return this.#options.record
  }

  get head(): Promise<ChatStreamError | undefined> {
    return this.#head.promise
  }

  get ended(): Promise<RunOutcome> {
    return this.#ended.promise
  }

  get drained(): Promise<RunOutcome> {
    return this.#drained.promise
  }

  get isDraining(): boolean {
    return this.#drain !== undefined
  }

  object(lastEventId: number): RunObject {
    return this.#end === undefined
      ? liveObject(this.record, this.#machine.state, lastEventId, this.#ledger.facts())
      : endedObject(this.record, lastEventId, this.#end)
  }

  cancel(requestedBy: Cancellation['requestedBy']): Promise<RunOutcome> {
    const { state } = this.#machine
    if (isRunEnd(state) || state === 'cancelling') return this.ended
    this.#cancelledAt = this.#options.clock.now()
    this.#requestedBy = requestedBy
    if (this.#asked && this.#options.drainMs > 0) this.#drain = createDrain(requestedBy, () => this.#provider())
    this.#dispatch('cancel')
    if (!this.#asked || this.#drain !== undefined) this.#dispatch('confirmed')
    else this.#stopping.abort(new ChatStreamError('run_cancelled', 'The run was cancelled.'))
    return this.ended
  }

  breakOff(error: ChatStreamError): void {
    if (this.#drain === undefined) this.#dispatch('truncated', error)
    else this.#closeDrain()
  }

  #dispatch(event: RunEvent, error?: ChatStreamError): RunState {
    this.#why = error
    return this.#machine.dispatch(event)
  }

  #onChange({ event, to }: RunTransition): void {
    if (to === 'cancelling') this.#alarm.set(STOP_MS, () => this.#dispatch('timeout'))
    if (!isRunEnd(to)) return
    this.#alarm.clear()
    const why = this.#why
    const facts = this.#ledger.facts()
    const outcome =
      to === 'cancelled'
        ? { ...facts, status: to, cancellation: this.#cancellationOf(event) }
        : uncancelledOutcome(to, facts, why)
    this.#end = endRecord(outcome)
    if (this.#drain === undefined) {
      this.#stopping.abort(why ?? new ChatStreamError('run_cancelled', 'The run has ended.'))
      this.#drained.resolve(outcome)
    } else this.#alarm.set(this.#options.drainMs, () => this.#closeDrain())
    this.#head.resolve(outcomeError(outcome))
    this.#ended.resolve(outcome)
    this.#options.onEnd(outcome)
  }

  #closeDrain(): void {
    this.#alarm.set(STOP_MS, () => void this.#settleDrain('unknown'))
    const message = 'The run was cancelled, and has been read on for long enough.'
    this.#stopping.abort(new ChatStreamError('run_cancelled', message))
  }

  async #settleDrain(upstream: 'drained' | 'closed' | 'unknown'): Promise<void> {
    const drain = this.#drain
    if (drain === undefined) return
    this.#alarm.clear()
    const outcome = drain.amend(await this.ended, upstream, this.#options.clock.now() - this.#cancelledAt)
    this.#drain = undefined
    this.#end = endRecord(outcome)
    this.#drained.resolve(outcome)
  }

  #cancellationOf(event: RunEvent): Cancellation {
    if (this.#drain !== undefined) return this.#drain.cancellation
    const requestedBy = this.#requestedBy
    const closedAfterMs = this.#options.clock.now() - this.#cancelledAt
    if (!this.#asked) return { ...NOT_STARTED, requestedBy, closedAfterMs }
    if (event === 'timeout') return { ...UNCONFIRMED, requestedBy }
    return { requestedBy, upstream: 'closed', billing: billingAfterClose(this.#provider()), closedAfterMs }
  }

  #provider(): string | undefined {
    return this.#ledger.provider ?? this.#options.source.provider
  }

  /** One alarm for both limits: that of what is waited for now, and that of the whole answer. */
  #expectWithin(ms: number, onLate: () => void): void {
    const { clock, limits } = this.#options
    const left = this.#due - clock.now()
    if (ms <= left) this.#alarm.set(ms, onLate)
    else this.#alarm.set(left, () => this.#expire('The answer did not end', limits.totalMs))
  }

  #expire(what: string, ms: number): void {
    this.#dispatch('timeout', new ChatStreamError('timeout', `${what} within ${ms} ms.`))
  }

  #onSilence(): void {
    if (this.#ledger.finishReason !== null) this.#dispatch('finished')
    else this.#expire('Nothing came from the provider', this.#options.limits.idleMs)
  }

  #open(): void {
    this.#opened = true
    const { firstChunkMs } = this.#options.limits
    if (this.#dispatch('open') === 'submitted') {
      this.#expectWithin(firstChunkMs, () => this.#expire('No answer began', firstChunkMs))
    }
    this.#head.resolve(undefined)
  }

  #take({ chunks, malformed }: ChunkBatch): void {
    const { limits, start } = this.#options
    const wasFinished = this.#ledger.finishReason !== null
    const visible: string[] = []
    for (const { chunk, data } of chunks) {
      if (data.length > limits.eventBytes) throw tooLong('One event', limits.eventBytes)
      if (this.#dispatch('chunk') !== 'streaming') break
      this.#answerLength += lengthOf(this.#ledger.add(chunk))
      if (start.wantsUsage || !isUsageOnly(chunk)) visible.push(data)
    }
    // Nothing but the end is awaited behind a finish reason, and comments do not put that off.
    if (this.#machine.state === 'streaming' && !wasFinished) {
      this.#expectWithin(limits.idleMs, () => this.#onSilence())
    }
    this.#options.onChunks(visible)
    const tooMany = this.#ledger.skip(malformed)
    if (tooMany !== undefined) throw tooMany
    if (this.#answerLength > limits.messageBytes) throw tooLong('The answer', limits.messageBytes)
  }

  #read(item: unknown): ChunkBatch {
    const { id, created, model } = this.record
    return readItem(item, { id, object: 'chat.completion.chunk', created, model })
  }

  async #produce(): Promise<void> {
    const { start, source, limits } = this.#options
    try {
      const request = await this.#options.prepare(start.request)
      if (this.#machine.state !== 'submitted') return
      this.#asked = true
      const { id, owner, thread } = this.record
      const context = { signal: this.#stopping.signal, run: { id, owner, thread }, eventBytes: limits.eventBytes }
      const items = source(request, context)[Symbol.asyncIterator]()
      const accept = (next: IteratorResult<unknown>) => this.#accept(next)
      try {
        // A `for await` would hold the last item, and so all its chunks, for as long as the next one takes to come.
        while (await items.next().then(accept));
      } finally {
        await items.return?.()
      }
    } catch (cause) {
      return this.#onBroken(cause)
    }
    this.#onProduced()
  }

  /** Whether more is wanted. */
  #accept({ done, value }: IteratorResult<unknown>): boolean | Promise<boolean> {
    if (done === true) return false
    if (this.#drain === undefined && isRunEnd(this.#machine.state)) return false
    if (!this.#opened) this.#open()
    const batch = this.#read(value)
    if (this.#drain !== undefined) this.#drain.add(batch)
    else {
      const { steps, filled } = stepsOf(batch, this.#options.limits, this.#filled)
      this.#filled = filled
      const [first = batch, ...others] = steps
      this.#take(first)
      if (others.length > 0) return this.#takeOn(others)
    }
    return true
  }

  async #takeOn(steps: readonly ChunkBatch[]): Promise<boolean> {
    for (const step of steps) {
      await turn()
      if (isRunEnd(this.#machine.state)) return false
      this.#take(step)
    }
    return true
  }

  #onProduced(): void {
    const { aborted } = this.#stopping.signal
    if (this.#drain !== undefined) void this.#settleDrain(aborted ? 'closed' : 'drained')
    else this.#dispatch(aborted ? 'confirmed' : 'finished')
  }

  #onBroken(cause: unknown): void {
    const { aborted } = this.#stopping.signal
    if (aborted || this.#drain !== undefined) {
      if (!aborted) this.#options.onError(cause)
      this.#dispatch('confirmed')
      return void this.#settleDrain('closed')
    }
    this.#options.onError(cause)
    const error = this.#asked
      ? toChatStreamError(cause, 'provider', 'The answer could not be produced.')
      : publicError(cause)
    this.#dispatch(error.code === 'truncated' ? 'truncated' : 'error', error)
  }
}

function tooLong(what: string, limit: number): ChatStreamError {
  return new ChatStreamError('limit', `${what} is longer than ${limit} characters.`)
}

/** How much of an answer a delta is, in UTF-16 code units. */
function lengthOf({ text = '', reasoning = '', toolCalls = [] }: ChatDelta = {}): number {
  return toolCalls.reduce((sum, call) => sum + (call.arguments?.length ?? 0), text.length + reasoning.length)
}

/** OpenAI's last chunk when `include_usage` is asked for: it has no choice, and viewers that did not ask choke on it. */
function isUsageOnly({ choices, usage }: ChatChunk): boolean {
  return Array.isArray(choices) && choices.length === 0 && usage !== undefined && usage !== null
}
