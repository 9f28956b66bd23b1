import { ChatStreamError, toChatStreamError } from '../errors.ts'
import type { ChatChunk, ChatDelta } from '../message/chunk.ts'
import { billingAfterClose } from '../run/billing.ts'
import { createAlarm, type Clock } from '../run/clock.ts'
import { createDeferred } from '../run/deferred.ts'
import { createRunLedger } from '../run/ledger.ts'
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
  readonly prepare: (request: ChatRequest) => Promise<ChatRequest>
  readonly limits: Limits
  /** How long a cancelled provider is read on for its count, in ms; 0 closes its socket at once. */
  readonly drainMs: number
  readonly clock: Clock
  /** The wire text of chunks that viewers shall see. */
  readonly onChunks: (data: readonly string[]) => void
  /** Called once. */
  readonly onEnd: (outcome: RunOutcome) => void
  /** What went wrong, unfiltered: for logs, never for viewers. */
  readonly onError: (error: unknown) => void
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
  const { record, start, source, limits, clock } = options
  const ledger = createRunLedger({ messageId: record.messageId, messages: start.request.messages })
  const alarm = createAlarm(clock)
  const total = createAlarm(clock)
  const head = createDeferred<ChatStreamError | undefined>()
  const ended = createDeferred<RunOutcome>()
  const drained = createDeferred<RunOutcome>()
  const stopping = new AbortController()
  const machine = createRunMachine('submitted', onChange)

  let asked = false
  let opened = false
  let cancelledAt = 0
  let requestedBy: Cancellation['requestedBy'] = 'user'
  let why: ChatStreamError | undefined
  let drain: Drain | undefined
  let end: RunEndRecord | undefined
  let answerLength = 0

  function dispatch(event: RunEvent, error?: ChatStreamError): RunState {
    why = error
    return machine.dispatch(event)
  }

  function onChange({ event, to }: RunTransition): void {
    if (to === 'cancelling') alarm.set(STOP_MS, () => dispatch('timeout'))
    if (!isRunEnd(to)) return
    alarm.clear()
    total.clear()
    const facts = ledger.facts()
    const outcome =
      to === 'cancelled'
        ? { ...facts, status: to, cancellation: cancellationOf(event) }
        : uncancelledOutcome(to, facts, why)
    end = endRecord(outcome)
    if (drain === undefined) {
      stopping.abort(why ?? new ChatStreamError('run_cancelled', 'The run has ended.'))
      drained.resolve(outcome)
    } else alarm.set(options.drainMs, closeDrain)
    head.resolve(outcomeError(outcome))
    ended.resolve(outcome)
    options.onEnd(outcome)
  }

  function closeDrain(): void {
    alarm.set(STOP_MS, () => void settleDrain('unknown'))
    stopping.abort(new ChatStreamError('run_cancelled', 'The run was cancelled, and has been read on for long enough.'))
  }

  async function settleDrain(upstream: 'drained' | 'closed' | 'unknown'): Promise<void> {
    if (drain === undefined) return
    alarm.clear()
    const outcome = drain.amend(await ended.promise, upstream, clock.now() - cancelledAt)
    drain = undefined
    end = endRecord(outcome)
    drained.resolve(outcome)
  }

  function cancellationOf(event: RunEvent): Cancellation {
    if (drain !== undefined) return drain.cancellation
    const closedAfterMs = clock.now() - cancelledAt
    if (!asked) return { ...NOT_STARTED, requestedBy, closedAfterMs }
    if (event === 'timeout') return { ...UNCONFIRMED, requestedBy }
    const billing = billingAfterClose(ledger.provider ?? source.provider)
    return { requestedBy, upstream: 'closed', billing, closedAfterMs }
  }

  function expire(what: string, ms: number): () => void {
    return () => dispatch('timeout', new ChatStreamError('timeout', `${what} within ${ms} ms.`))
  }

  function onSilence(): void {
    if (ledger.finishReason !== null) dispatch('finished')
    else expire('Nothing came from the provider', limits.idleMs)()
  }

  function open(): void {
    opened = true
    if (dispatch('open') === 'submitted') alarm.set(limits.firstChunkMs, expire('No answer began', limits.firstChunkMs))
    head.resolve(undefined)
  }

  const defaults = { id: record.id, object: 'chat.completion.chunk', created: record.created, model: record.model }

  function take(item: unknown): void {
    if (!opened) open()
    const { chunks, malformed } = readItem(item, defaults)
    const visible: string[] = []
    for (const { chunk, data } of chunks) {
      if (data.length > limits.eventBytes) throw tooLong('One event', limits.eventBytes)
      if (dispatch('chunk') !== 'streaming') break
      answerLength += lengthOf(ledger.add(chunk))
      if (start.wantsUsage || !isUsageOnly(chunk)) visible.push(data)
    }
    if (machine.state === 'streaming') alarm.set(limits.idleMs, onSilence)
    options.onChunks(visible)
    const tooMany = ledger.skip(malformed)
    if (tooMany !== undefined) throw tooMany
    if (answerLength > limits.messageBytes) throw tooLong('The answer', limits.messageBytes)
  }

  async function produce(): Promise<void> {
    const request = await options.prepare(start.request)
    if (machine.state !== 'submitted') return
    asked = true
    const { id, owner, thread } = record
    const context = { signal: stopping.signal, run: { id, owner, thread }, eventBytes: limits.eventBytes }
    for await (const item of source(request, context)) {
      if (drain !== undefined) drain.add(readItem(item, defaults))
      else if (isRunEnd(machine.state)) return
      else take(item)
    }
  }

  function onProduced(): void {
    if (drain !== undefined) return void settleDrain(stopping.signal.aborted ? 'closed' : 'drained')
    dispatch(stopping.signal.aborted ? 'confirmed' : 'finished')
  }

  function onBroken(cause: unknown): void {
    if (stopping.signal.aborted || drain !== undefined) {
      if (!stopping.signal.aborted) options.onError(cause)
      dispatch('confirmed')
      return void settleDrain('closed')
    }
    options.onError(cause)
    const error = asked ? toChatStreamError(cause, 'provider', 'The answer could not be produced.') : publicError(cause)
    dispatch(error.code === 'truncated' ? 'truncated' : 'error', error)
  }

  alarm.set(limits.connectMs, expire('The provider did not answer', limits.connectMs))
  total.set(limits.totalMs, expire('The answer did not end', limits.totalMs))
  void produce().then(onProduced, onBroken)

  return {
    record,
    head: head.promise,
    ended: ended.promise,
    drained: drained.promise,
    get isDraining() {
      return drain !== undefined
    },
    object: (lastEventId) =>
      end === undefined
        ? liveObject(record, machine.state, lastEventId, ledger.facts())
        : endedObject(record, lastEventId, end),
    cancel(by) {
      if (isRunEnd(machine.state) || machine.state === 'cancelling') return ended.promise
      cancelledAt = clock.now()
      requestedBy = by
      if (asked && options.drainMs > 0) drain = createDrain(by, () => ledger.provider ?? source.provider)
      dispatch('cancel')
      if (asked && drain === undefined) stopping.abort(new ChatStreamError('run_cancelled', 'The run was cancelled.'))
      else dispatch('confirmed')
      return ended.promise
    },
    breakOff(error) {
      if (drain === undefined) dispatch('truncated', error)
      else closeDrain()
    },
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
