import { describe, expect, it } from 'vitest'
import { createRunMachine } from './machine.ts'
import { isRunEnd, RUN_EVENTS, RUN_STATES, transition, type RunEnd, type RunEvent, type RunState } from './state.ts'

const DEPTH = 6

/** What a sequence of events amounts to so far. Finite, so that sequences of every length can be checked by it. */
interface Past {
  readonly chunkCame: boolean
  /** Whether `cancel` came before an end. */
  readonly cancelAsked: boolean
  readonly stopTold: boolean
  readonly end: RunEnd | undefined
}

interface Step {
  readonly past: Past
  readonly from: RunState
  readonly event: RunEvent
  readonly to: RunState
}

/** The seven promises, each as what holds at every step of every sequence. */
const LAWS: Readonly<Record<string, (step: Step) => boolean>> = {
  'is total: every state and event leads to a state': ({ to }) => RUN_STATES.includes(to),

  'never leaves an end': ({ past, to }) => past.end === undefined || to === past.end,

  // A chunk reaches the message, and a callback, exactly where `streaming` answers it.
  'lets no chunk through once cancel was seen': ({ past, event, to }) =>
    !(past.cancelAsked && event === 'chunk' && to === 'streaming'),

  'takes cancel in every state, and a second one changes nothing': ({ past, from, event, to }) =>
    event !== 'cancel' || to === (past.cancelAsked || isRunEnd(from) ? from : 'cancelling'),

  'lets an end stand that was seen before cancel, and the user’s intent win after it': ({ past, event, to }) => {
    if (past.end !== undefined) return to === past.end
    return !(past.cancelAsked || event === 'cancel') || to === 'cancelling' || to === 'cancelled'
  },

  'ends by its timer from every state that is not an end': ({ to }) => isRunEnd(transition(to, 'timeout')),

  'cancels no run that was only left, lost or broken': ({ past, event, to }) => {
    const asked = past.cancelAsked || past.stopTold || event === 'cancel' || event === 'stopped'
    return asked || (to !== 'cancelling' && to !== 'cancelled')
  },

  'ends incomplete where a chunk came, and failed where none did, when the end is broken': ({
    past,
    from,
    event,
    to,
  }) =>
    isRunEnd(from) ||
    past.cancelAsked ||
    (event !== 'truncated' && event !== 'timeout') ||
    to === (past.chunkCame ? 'incomplete' : 'failed'),

  'ends incomplete, never failed or cancelled, where its viewer leaves': ({ past, from, event, to }) =>
    event !== 'detach' || to === (isRunEnd(from) || past.cancelAsked ? from : 'incomplete'),
}

/** A run begins asked, or rejoined by somebody who has its earlier chunks. */
const BEGINNINGS = [
  ['submitted', { chunkCame: false, cancelAsked: false, stopTold: false, end: undefined }],
  ['reconnecting', { chunkCame: true, cancelAsked: false, stopTold: false, end: undefined }],
] as const satisfies readonly (readonly [RunState, Past])[]

function follow({ past, from, event, to }: Step): Past {
  const live = past.end === undefined
  return {
    chunkCame: past.chunkCame || (live && event === 'chunk' && to === 'streaming'),
    cancelAsked: past.cancelAsked || (event === 'cancel' && !isRunEnd(from)),
    stopTold: past.stopTold || (live && event === 'stopped'),
    end: past.end ?? (isRunEnd(to) ? to : undefined),
  }
}

function shown({ past, from, event, to }: Step): string {
  return `${JSON.stringify(past)} ${from} × ${event} → ${to}`
}

describe('transition', () => {
  it(`keeps its promises over every sequence of up to ${DEPTH} events`, () => {
    const laws = Object.entries(LAWS).map(([name, holds]) => ({ name, holds }))
    const broken = new Set<string>()
    let steps = 0
    const walk = (from: RunState, past: Past, depth: number): void => {
      for (const event of RUN_EVENTS) {
        const step: Step = { past, from, event, to: transition(from, event) }
        steps += 1
        for (const law of laws) if (!law.holds(step)) broken.add(`${law.name}: ${shown(step)}`)
        if (depth < DEPTH) walk(step.to, follow(step), depth + 1)
      }
    }
    walk(...BEGINNINGS[0], 1)
    expect([...broken]).toEqual([])
    const sequences = Array.from({ length: DEPTH }, (_, i) => RUN_EVENTS.length ** (i + 1))
    expect(steps).toBe(sequences.reduce((sum, count) => sum + count))
  })

  // What a step may do depends on the state and the past alone; when no new pair of them comes up, every sequence is known.
  it.each(Object.keys(LAWS))('%s, over sequences of every length', (name) => {
    const known = new Set<string>()
    const waiting: (readonly [RunState, Past])[] = [...BEGINNINGS]
    for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
      const [from, past] = place
      const key = JSON.stringify(place)
      if (known.has(key)) continue
      known.add(key)
      for (const event of RUN_EVENTS) {
        const step: Step = { past, from, event, to: transition(from, event) }
        expect(LAWS[name]?.(step), shown(step)).toBe(true)
        waiting.push([step.to, follow(step)])
      }
    }
    expect(known.size).toBeGreaterThan(RUN_STATES.length)
  })
})

describe('createRunMachine', () => {
  it(`announces every change, and exactly one end, over every sequence of up to ${DEPTH} events`, () => {
    const wrong: string[] = []

    /** Plays a sequence and then every event once more; where that changes nothing, no longer sequence does. */
    function play(events: readonly RunEvent[]): void {
      let announced: RunState = 'submitted'
      let ends = 0
      const machine = createRunMachine('submitted', ({ from, to }) => {
        if (from !== announced || to === from) wrong.push(events.join(' '))
        announced = to
        if (isRunEnd(to)) ends += 1
      })
      events.forEach((event) => machine.dispatch(event))
      if (isRunEnd(machine.state)) RUN_EVENTS.forEach((event) => machine.dispatch(event))
      else if (events.length < DEPTH) RUN_EVENTS.forEach((event) => play([...events, event]))
      if (announced !== machine.state || ends !== (isRunEnd(machine.state) ? 1 : 0)) wrong.push(events.join(' '))
    }

    play([])
    expect(wrong.slice(0, 5)).toEqual([])
  })
})
