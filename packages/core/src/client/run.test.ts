import { describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import { NEVER_STARTED } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { isRunEnd, RUN_EVENTS, type RunEvent, type RunState } from '../run/state.ts'
import { resolveTimeouts } from './options.ts'
import type { RunSink } from './peer.ts'
import { startRun, type ClientRun } from './run.ts'

const LENGTH = 4
const ERROR = new ChatStreamError('provider', 'It broke.')

/** Time that passes only when the next alarm is rung, so that no sequence of events has to wait. */
interface StepClock extends Clock {
  readonly pending: number
  ring(): void
}

function createStepClock(): StepClock {
  let now = 0
  const timers: { readonly due: number; readonly callback: () => void }[] = []
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { due: now + ms, callback }
      timers.push(timer)
      return () => {
        const at = timers.indexOf(timer)
        if (at !== -1) timers.splice(at, 1)
      }
    },
    get pending() {
      return timers.length
    },
    ring() {
      const [next] = timers.toSorted((a, b) => a.due - b.due)
      if (next === undefined) return
      timers.splice(timers.indexOf(next), 1)
      now = next.due
      next.callback()
    },
  }
}

/** A run whose other end the test plays, and everything that was told of it. */
class Played {
  readonly clock = createStepClock()
  readonly states: RunState[] = []
  readonly outcomes: RunOutcome[] = []
  readonly run: ClientRun
  deltas = 0
  cancels = 0
  closes = 0
  #sink: RunSink | undefined

  constructor(rejoins: boolean) {
    this.run = startRun({
      peer: {
        runId: 'any',
        rejoins,
        start: (sink) => (this.#sink = sink),
        cancel: () => (this.cancels += 1),
        drop: (error) => this.#sink?.lost(error),
        close: () => (this.closes += 1),
        billing: () => 'unknown',
      },
      messageId: 'm1',
      messages: [],
      timeouts: resolveTimeouts(rejoins ? 'server' : 'provider'),
      clock: this.clock,
      observer: {
        onDelta: () => (this.deltas += 1),
        onState: (state) => this.states.push(state),
        onEnd: (outcome) => this.outcomes.push(outcome),
      },
    })
  }

  play(event: RunEvent): void {
    const sink = this.#sink
    if (sink === undefined) throw new TypeError('Expected the run to have begun.')
    switch (event) {
      case 'open':
        return sink.opened()
      case 'chunk':
        return sink.chunk({ choices: [{ index: 0, delta: { content: 'x' } }] })
      case 'lost':
        return sink.lost(ERROR)
      case 'stopped':
        return sink.told(NEVER_STARTED)
      case 'cancel':
        return void this.run.cancel()
      case 'detach':
        return this.run.detach()
      case 'timeout':
        return this.clock.ring()
      case 'finished':
      case 'confirmed':
        return sink.end(event)
      case 'truncated':
      case 'error':
        return sink.end(event, { error: ERROR })
    }
  }
}

interface Verdict {
  /** What the sequence led to that it must not, in words. */
  readonly faults: readonly string[]
  /** Whether the run had not ended before the last event, so that a longer sequence may show something new. */
  readonly isOpen: boolean
}

function judge(played: Played, events: readonly RunEvent[], rejoins: boolean): Verdict {
  const { run, clock } = played
  const faults: string[] = []
  let isOpen = true
  const claim = (holds: boolean, what: string): void => {
    if (!holds) faults.push(`${what} after ${events.join(' ')} at ${rejoins ? 'a server' : 'a provider'}`)
  }
  let frozen: { readonly text: string; readonly deltas: number; readonly end: RunState | undefined } | undefined
  let gaveUp = false
  for (const event of events) {
    const before = run.state
    isOpen = !isRunEnd(before)
    const asked = played.cancels
    played.play(event)
    if (event === 'timeout' && !isRunEnd(before) && before !== 'cancelling' && isRunEnd(run.state)) gaveUp = true
    if (event === 'cancel') {
      frozen ??= { text: run.text, deltas: played.deltas, end: isRunEnd(before) ? before : undefined }
      claim(isRunEnd(before) ? run.state === before : run.state === 'cancelling', 'cancel was not taken')
    }
    if (event === 'detach') claim(played.cancels === asked, 'leaving cancelled')
    if (frozen === undefined) continue
    claim(run.text === frozen.text && played.deltas === frozen.deltas, 'a chunk came through')
    claim(
      frozen.end === undefined ? run.state.startsWith('cancel') : run.state === frozen.end,
      'the intent did not win',
    )
  }
  const asked = (frozen !== undefined && frozen.end === undefined) || (gaveUp && rejoins)
  claim(played.cancels === (asked ? 1 : 0), 'cancel was asked for too often, or not at all')
  for (let rings = 0; !isRunEnd(run.state) && rings < 20; rings += 1) played.play('timeout')
  claim(isRunEnd(run.state), 'no end came')
  claim(played.outcomes.length === 1 && played.closes === 1, 'not exactly one end was told')
  claim(played.outcomes[0]?.status === run.state && played.states.at(-1) === run.state, 'the end has two names')
  claim(played.outcomes[0]?.message.text === run.text, 'the outcome has another text')
  claim(clock.pending === 0, 'an alarm was left behind')
  return { faults, isOpen }
}

describe.each([
  ['a provider', false],
  ['a Sluice server', true],
] as const)('a run at %s', (_, rejoins) => {
  it(`ends once, in bounded time, and truthfully, over every sequence of up to ${LENGTH} events`, async () => {
    const faults: string[] = []
    let sequences: readonly (readonly RunEvent[])[] = [[]]
    for (let length = 0; length <= LENGTH; length += 1) {
      const runs = sequences.map((events) => ({ events, played: new Played(rejoins) }))
      await Promise.resolve() // runs begin in a microtask
      sequences = runs.flatMap(({ events, played }) => {
        const verdict = judge(played, events, rejoins)
        faults.push(...verdict.faults)
        return verdict.isOpen ? RUN_EVENTS.map((event) => [...events, event]) : []
      })
    }
    expect(faults.slice(0, 5)).toEqual([])
  }, 30_000)
})
