import { ChatStreamError } from '../errors.ts'
import type { ChatDelta } from '../message/chunk.ts'
import type { AssistantMessage } from '../message/message.ts'
import { createAlarm, type Clock } from '../run/clock.ts'
import { createDeferred } from '../run/deferred.ts'
import { createRunLedger, type LedgerOptions } from '../run/ledger.ts'
import { createRunMachine, type RunTransition } from '../run/machine.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { isRunEnd, type RunEvent, type RunState } from '../run/state.ts'
import type { Timeouts } from './options.ts'
import { viewerOutcome } from './outcome.ts'
import type { EndFacts, Peer, RunSink } from './peer.ts'

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
  readonly state: RunState
  readonly text: string
  message(): AssistantMessage
  /** Never rejects. */
  readonly outcome: Promise<RunOutcome>
  cancel(reason?: unknown): Promise<RunOutcome>
  detach(): void
}

/** How long a lost connection is sought, in ms, before the run ends without it. */
const REJOIN_MS = 60_000

/** Starts one run in a microtask, so that a cancel in the same tick means that nothing was ever sent. */
export function startRun(setup: RunSetup): ClientRun {
  const { peer, clock, timeouts, observer } = setup
  const ledger = createRunLedger(setup)
  const deadline = createAlarm(clock)
  const silence = createAlarm(clock)
  const ended = createDeferred<RunOutcome>()
  const begun = !ledger.isEmpty
  const machine = createRunMachine(begun ? 'reconnecting' : 'submitted', onChange)

  let started = false
  let opened = false
  let cancelledAt: number | undefined
  let lastLoss: ChatStreamError | undefined
  let soughtSince: number | undefined
  let facts: EndFacts = {}

  function dispatch(event: RunEvent, known: EndFacts = {}): RunState {
    facts = known
    return machine.dispatch(event)
  }

  function onChange({ event, to }: RunTransition): void {
    silence.clear()
    deadline.clear()
    if (to === 'streaming') heard()
    if (to === 'reconnecting') seek()
    if (to === 'cancelling') deadline.set(timeouts.cancelMs, onDeadline)
    if (!isRunEnd(to)) return observer.onState?.(to)
    const stopTook = cancelledAt === undefined ? null : clock.now() - cancelledAt
    const outcome = viewerOutcome(event, to, facts, {
      ledger: ledger.facts(),
      provider: ledger.provider,
      peer,
      started,
      stopTook,
    })
    peer.close()
    observer.onState?.(to)
    observer.onEnd?.(outcome)
    ended.resolve(outcome)
  }

  function onDeadline(): void {
    // A run that this side gives up would go on, and go on costing, at a server where nobody watches it.
    if (machine.state !== 'cancelling' && started && peer.rejoins) peer.cancel('timeout')
    dispatch('timeout', { error: lastLoss ?? new ChatStreamError('timeout', 'The other end did not answer in time.') })
  }

  /** One budget for all rejoins until something comes: a server that takes each of them and drops it is lost, too. */
  function seek(): void {
    soughtSince ??= clock.now()
    deadline.set(Math.max(0, soughtSince + REJOIN_MS - clock.now()), onDeadline)
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
      if (dispatch('open') === 'submitted' && !opened) deadline.set(timeouts.firstChunkMs, onDeadline)
      opened = true
      heard()
    },
    alive() {
      soughtSince = undefined
      heard()
    },
    chunk(chunk) {
      if (dispatch('chunk') !== 'streaming') return
      heard()
      lastLoss = undefined
      const delta = ledger.add(chunk)
      if (delta !== undefined) observer.onDelta?.(delta)
    },
    skipped(count) {
      const error = ledger.skip(count)
      if (error !== undefined) dispatch('error', { error })
    },
    recovered(message) {
      if (isRunEnd(machine.state) || machine.state === 'cancelling') return
      const delta = ledger.recover(message)
      if (delta !== undefined) observer.onDelta?.(delta)
    },
    lost(error) {
      lastLoss = error
      silence.clear()
      dispatch('lost')
    },
    end: dispatch,
  }

  if (begun) seek()
  else deadline.set(timeouts.connectMs, onDeadline)
  queueMicrotask(() => {
    if (isRunEnd(machine.state)) return
    started = true
    peer.start(sink)
  })

  return {
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
