import { ChatStreamError, toChatStreamError } from '../errors.ts'
import type { ChatChunk } from '../message/chunk.ts'
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
import type { Limits } from './limits.ts'
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
  object(lastEventId: number): RunObject
  /** Stops the run; resolves when the source has stopped, or after 1 s. */
  cancel(requestedBy: Cancellation['requestedBy']): Promise<RunOutcome>
  /** Breaks the run off, for a reason that is not a stop. */
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
  const stopping = new AbortController()
  const machine = createRunMachine('submitted', onChange)

  let asked = false
  let opened = false
  let cancelledAt = 0
  let requestedBy: Cancellation['requestedBy'] = 'user'
  let why: ChatStreamError | undefined
  let end: RunEndRecord | undefined

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
    stopping.abort(why ?? new ChatStreamError('run_cancelled', 'The run has ended.'))
    head.resolve(outcomeError(outcome))
    ended.resolve(outcome)
    options.onEnd(outcome)
  }

  function cancellationOf(event: RunEvent): Cancellation {
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
      if (dispatch('chunk') !== 'streaming') break
      ledger.add(chunk)
      if (start.wantsUsage || !isUsageOnly(chunk)) visible.push(data)
    }
    if (machine.state === 'streaming') alarm.set(limits.idleMs, onSilence)
    options.onChunks(visible)
    const tooMany = ledger.skip(malformed)
    if (tooMany !== undefined) throw tooMany
    if (ledger.text.length > limits.messageBytes) {
      throw new ChatStreamError('limit', `The answer is longer than ${limits.messageBytes} characters.`)
    }
  }

  async function produce(): Promise<void> {
    const request = await options.prepare(start.request)
    if (machine.state !== 'submitted') return
    asked = true
    const { id, owner, thread } = record
    for await (const item of source(request, { signal: stopping.signal, run: { id, owner, thread } })) {
      if (isRunEnd(machine.state)) return
      take(item)
    }
  }

  function onProduced(): void {
    dispatch(stopping.signal.aborted ? 'confirmed' : 'finished')
  }

  function onBroken(cause: unknown): void {
    if (stopping.signal.aborted) return void dispatch('confirmed')
    options.onError(cause)
    const error = toChatStreamError(cause, 'provider', 'The answer could not be produced.')
    dispatch(error.code === 'truncated' ? 'truncated' : 'error', error)
  }

  alarm.set(limits.connectMs, expire('The provider did not answer', limits.connectMs))
  total.set(limits.totalMs, expire('The answer did not end', limits.totalMs))
  void produce().then(onProduced, onBroken)

  return {
    record,
    head: head.promise,
    ended: ended.promise,
    object: (lastEventId) =>
      end === undefined
        ? liveObject(record, machine.state, lastEventId, ledger.facts())
        : endedObject(record, lastEventId, end),
    cancel(by) {
      if (isRunEnd(machine.state) || machine.state === 'cancelling') return ended.promise
      cancelledAt = clock.now()
      requestedBy = by
      dispatch('cancel')
      if (asked) stopping.abort(new ChatStreamError('run_cancelled', 'The run was cancelled.'))
      else dispatch('confirmed')
      return ended.promise
    },
    breakOff: (error) => void dispatch('truncated', error),
  }
}

/** OpenAI's last chunk when `include_usage` is asked for: it has no choice, and viewers that did not ask choke on it. */
function isUsageOnly({ choices, usage }: ChatChunk): boolean {
  return Array.isArray(choices) && choices.length === 0 && usage !== undefined && usage !== null
}
