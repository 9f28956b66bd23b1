import { ChatStreamError } from '../errors.ts'
import type { ChatDelta } from '../message/chunk.ts'
import type { AssistantMessage } from '../message/message.ts'
import { createAlarm, type Clock } from '../clock.ts'
import { createDeferred } from '../run/deferred.ts'
import { EVENT_OF_STATUS } from '../run/end.ts'
import { createRunLedger, type LedgerOptions } from '../run/ledger.ts'
import { createRunMachine, type RunTransition } from '../run/machine.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { isRunEnd, type RunEvent, type RunState } from '../run/state.ts'
import { createDeadline } from './deadline.ts'
import type { Timeouts } from './options.ts'
import { viewerOutcome } from './outcome.ts'
import type { EndFacts, Peer, RunSink } from './peer.ts'
import { onWaking } from './waking.ts'

/** What is told of a run while it goes on. Called in the order of the table: states, deltas, one end. */
export interface RunObserver {
  readonly onDelta?: ((delta: ChatDelta) => void) | undefined
  readonly onState?: ((state: RunState) => void) | undefined
  readonly onEnd?: ((outcome: RunOutcome) => void) | undefined
}

export interface RunSetup extends LedgerOptions {
  readonly peer: Peer
  readonly timeouts: Timeouts
  readonly clock: Clock
  readonly observer: RunObserver
}

/** One run as its viewer sees it, without an iterator. */
export interface ClientRun {
  /** See `ChatRun.id`. */
  readonly id: string
  readonly state: RunState
  readonly text: string
  message(): AssistantMessage
  /** Never rejects. */
  readonly outcome: Promise<RunOutcome>
  cancel(reason?: unknown): Promise<RunOutcome>
  detach(): void
}

/** How long a lost connection is sought, in ms awake, before the run ends without it. */
const REJOIN_MS = 60_000
const STEP_MS = 5_000
const TOTAL_STEP_MS = 60_000

/** Starts one run in a microtask, so that a cancel in the same tick means that nothing was ever sent. */
export function startRun(setup: RunSetup): ClientRun {
  const { peer, clock, timeouts, observer } = setup
  const ledger = createRunLedger(setup)
  const deadline = createDeadline(clock, onLate)
  const silence = createDeadline(clock, onLate)
  const total = createAlarm(clock)
  const ended = createDeferred<RunOutcome>()
  const begun = !ledger.isEmpty
  const machine = createRunMachine(begun ? 'reconnecting' : 'submitted', onChange)

  let started = false
  let opened = false
  let cancelledAt: number | undefined
  let lastLoss: ChatStreamError | undefined
  /** Since when the connection is sought, and for how long it was before, since the last chunk: in ms awake. */
  let soughtSince: number | undefined
  let soughtMs = 0
  let facts: EndFacts = {}

  function dispatch(event: RunEvent, known: EndFacts = {}): RunState {
    facts = known
    return machine.dispatch(event)
  }

  function onChange({ event, to }: RunTransition): void {
    silence.clear()
    deadline.clear()
    if (soughtSince !== undefined && to !== 'reconnecting') {
      soughtMs += clock.now() - soughtSince
      soughtSince = undefined
    }
    if (to === 'streaming') heard()
    if (to === 'reconnecting') seek()
    if (to === 'cancelling') deadline.set(timeouts.cancelMs, onDeadline)
    if (!isRunEnd(to)) return observer.onState?.(to)
    total.clear()
    const stopTook = cancelledAt === undefined ? null : clock.now() - cancelledAt
    const outcome = viewerOutcome(event, to, facts, {
      ledger: ledger.facts(),
      provider: ledger.provider,
      peer,
      started,
      stopTook,
    })
    peer.close()
    stopWaking()
    observer.onState?.(to)
    observer.onEnd?.(outcome)
    ended.resolve(outcome)
  }

  function onDeadline(): void {
    if (machine.state === 'cancelling') return void dispatch('timeout')
    abandon('timeout', lastLoss ?? new ChatStreamError('timeout', 'The other end did not answer in time.'))
  }

  /** Ends what may go on at the other end. A run that this side gives up would go on costing where nobody watches it. */
  function abandon(event: 'timeout' | 'truncated' | 'error', error: ChatStreamError): void {
    if (!isRunEnd(machine.state) && machine.state !== 'cancelling' && started && peer.rejoins) peer.cancel(error)
    dispatch(event, { error })
  }

  /** This machine has slept: that time does not count, and a connection that it had, or was seeking, is worth nothing now. */
  function onLate(ms: number): void {
    if (soughtSince !== undefined) soughtSince += ms
    if (machine.state !== 'cancelling')
      peer.drop(new ChatStreamError('network', 'The connection did not outlive a sleep.'))
  }

  function onWake(): void {
    if (lastLoss === undefined || (machine.state !== 'reconnecting' && machine.state !== 'submitted')) return
    deadline.extend()
    peer.drop(lastLoss)
  }

  /**
   * One budget for all rejoins until a chunk comes: a server that takes each of them and drops it is lost, too. It is
   * spent in steps, for a step that was slept through is late, and tells how much of the time was no time awake.
   */
  function seek(): void {
    soughtSince ??= clock.now()
    const left = Math.max(0, soughtSince + REJOIN_MS - soughtMs - clock.now())
    if (left <= STEP_MS) deadline.set(left, onDeadline)
    else deadline.set(STEP_MS, seek)
  }

  /** What a run has in all, in steps: one that was slept through counts once, for that time was no time awake. */
  function spend(leftMs: number): void {
    const step = Math.min(leftMs, TOTAL_STEP_MS)
    total.set(step, () => {
      if (leftMs > step) return spend(leftMs - step)
      abandon('timeout', new ChatStreamError('timeout', `The answer did not end within ${timeouts.totalMs} ms.`))
    })
  }

  /** Something came. Before the first chunk only a server is expected to make a sound: its heartbeat. */
  function heard(): void {
    const { state } = machine
    if (state === 'streaming' || (state === 'submitted' && peer.rejoins)) silence.set(timeouts.idleMs, onSilence)
  }

  function onSilence(): void {
    const error = new ChatStreamError('timeout', `Nothing came for ${timeouts.idleMs} ms.`)
    if (peer.rejoins) peer.drop(error)
    else if (ledger.finishReason !== null) dispatch('finished')
    else dispatch('timeout', { error })
  }

  const sink: RunSink = {
    get state() {
      return machine.state
    },
    opened() {
      lastLoss = undefined
      if (dispatch('open') === 'submitted' && !opened) deadline.set(timeouts.firstChunkMs, onDeadline)
      opened = true
      heard()
    },
    alive() {
      // At a provider nothing but the end is awaited behind a finish reason, and comments do not put that off.
      if (peer.rejoins || ledger.finishReason === null) heard()
    },
    chunk(chunk) {
      if (dispatch('chunk') !== 'streaming') return
      soughtMs = 0
      const delta = ledger.add(chunk)
      if (delta !== undefined) observer.onDelta?.(delta)
    },
    skipped(count) {
      const error = ledger.skip(count)
      if (error !== undefined) abandon('error', error)
    },
    retrying: (ms) => deadline.set(ms + timeouts.connectMs, onDeadline),
    recovered(message) {
      if (message.parts.length === 0 || dispatch('chunk') !== 'streaming') return
      const delta = ledger.recover(message)
      if (delta !== undefined) observer.onDelta?.(delta)
    },
    lost(error) {
      lastLoss = error
      silence.clear()
      dispatch('lost')
    },
    abandon: (error) => abandon('truncated', error),
    end: dispatch,
    told(end) {
      // The server has seen a chunk of what it calls incomplete, which need not be one that viewers get.
      if (end.status === 'incomplete') dispatch('chunk')
      dispatch(EVENT_OF_STATUS[end.status], { told: end })
    },
  }

  const stopWaking = peer.rejoins ? onWaking(onWake) : () => {}
  spend(timeouts.totalMs)
  if (begun) seek()
  else deadline.set(timeouts.connectMs, onDeadline)
  queueMicrotask(() => {
    if (isRunEnd(machine.state)) return
    started = true
    peer.start(sink)
  })

  return {
    get id() {
      return peer.runId
    },
    get state() {
      return machine.state
    },
    get text() {
      return ledger.text
    },
    message: () => ledger.message(),
    outcome: ended.promise,
    cancel(reason) {
      if (isRunEnd(machine.state) || machine.state === 'cancelling') return ended.promise
      cancelledAt = clock.now()
      dispatch('cancel')
      if (started) peer.cancel(reason)
      else dispatch('confirmed')
      return ended.promise
    },
    detach: () => void dispatch('detach'),
  }
}
