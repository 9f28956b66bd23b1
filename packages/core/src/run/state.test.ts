import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ERROR_STATUS } from '../errors.ts'
import { stateTable } from '../testing/state-table.ts'
import { createRunMachine, type RunTransition } from './machine.ts'
import { chatStatus, isRunEnd, RUN_EVENTS, RUN_STATES, transition, type RunEvent, type RunState } from './state.ts'

const DEPTH = 6

/** Every path of exactly `DEPTH` events, as the states it passes; ends are followed on, for they must absorb. */
function eachPath(check: (states: readonly RunState[], events: readonly RunEvent[]) => void): void {
  const states: RunState[] = ['submitted']
  const events: RunEvent[] = []
  function walk(state: RunState): void {
    if (events.length === DEPTH) return check(states, events)
    for (const event of RUN_EVENTS) {
      const next = transition(state, event)
      states.push(next)
      events.push(event)
      walk(next)
      states.pop()
      events.pop()
    }
  }
  walk('submitted')
}

/** Collects what is wrong instead of asserting 1.7 million times. */
function violations(isWrong: (states: readonly RunState[], events: readonly RunEvent[]) => boolean): readonly string[] {
  const found: string[] = []
  eachPath((states, events) => {
    if (found.length < 5 && isWrong(states, events)) found.push(`${events.join(' ')}: ${states.join(' ')}`)
  })
  return found
}

describe('transition, over every sequence of 6 events', () => {
  it('is total: every state and event leads to a state', () => {
    for (const state of RUN_STATES) {
      for (const event of RUN_EVENTS) expect(RUN_STATES).toContain(transition(state, event))
    }
  })

  it('never leaves an end', () => {
    expect(
      violations((states) =>
        states.some((state, i) => isRunEnd(state) && i + 1 < states.length && states[i + 1] !== state),
      ),
    ).toEqual([])
  })

  it('lets no chunk through once cancel was seen', () => {
    // A chunk reaches the message exactly where the state after it is `streaming`.
    expect(
      violations((states, events) => {
        const cancel = events.indexOf('cancel')
        return cancel !== -1 && states.slice(cancel + 1).includes('streaming')
      }),
    ).toEqual([])
  })

  it('takes cancel in every state, and a second one changes nothing', () => {
    for (const state of RUN_STATES) {
      const once = transition(state, 'cancel')
      expect(isRunEnd(state) ? once === state : once === 'cancelling').toBe(true)
      expect(transition(once, 'cancel')).toBe(once)
    }
  })

  it('lets an end stand that was seen before cancel, and the user’s intent win after it', () => {
    expect(
      violations((states, events) => {
        const cancel = events.indexOf('cancel')
        if (cancel === -1) return false
        const before = states[cancel]
        const last = states.at(-1)
        if (before === undefined || last === undefined) return true
        return isRunEnd(before) ? last !== before : last !== 'cancelling' && last !== 'cancelled'
      }),
    ).toEqual([])
  })

  it('ends by timeout from every state that is not an end', () => {
    for (const state of RUN_STATES) expect(isRunEnd(transition(state, 'timeout'))).toBe(true)
  })

  it('cancels no run that was only left', () => {
    expect(
      violations((states, events) => {
        const asked = events.includes('cancel') || events.includes('stopped')
        return !asked && states.at(-1) === 'cancelled'
      }),
    ).toEqual([])
  })

  it('ends incomplete where a chunk came, and failed where none did, when the end is broken', () => {
    expect(
      violations((states, events) => {
        const end = states.findIndex(isRunEnd)
        const last = events[end - 1]
        if (end === -1 || (last !== 'truncated' && last !== 'timeout')) return false
        if (states[end - 1] === 'cancelling') return states[end] !== 'cancelled'
        const chunkCame = events.slice(0, end - 1).includes('chunk')
        return states[end] !== (chunkCame ? 'incomplete' : 'failed')
      }),
    ).toEqual([])
  })
})

describe('chatStatus', () => {
  it('says the words that chat UIs share', () => {
    expect(Object.fromEntries(RUN_STATES.map((state) => [state, chatStatus(state)]))).toEqual({
      submitted: 'submitted',
      streaming: 'streaming',
      reconnecting: 'streaming',
      cancelling: 'ready',
      completed: 'ready',
      incomplete: 'error',
      cancelled: 'ready',
      failed: 'error',
    })
  })
})

describe('createRunMachine', () => {
  it('announces each change once, a stay never, and an end exactly once', () => {
    const seen: RunTransition[] = []
    const machine = createRunMachine('submitted', (change) => seen.push(change))
    for (const event of ['open', 'chunk', 'chunk', 'cancel', 'cancel', 'confirmed', 'error', 'chunk'] as const) {
      machine.dispatch(event)
    }
    expect(seen).toEqual([
      { from: 'submitted', event: 'chunk', to: 'streaming' },
      { from: 'streaming', event: 'cancel', to: 'cancelling' },
      { from: 'cancelling', event: 'confirmed', to: 'cancelled' },
    ])
  })
})

describe('PROTOCOL.md', () => {
  it('shows the transition table as it is', async () => {
    expect(await readProtocol()).toContain(stateTable())
  })

  it('lists every error code with its HTTP status', async () => {
    const protocol = await readProtocol()
    for (const [code, status] of Object.entries(ERROR_STATUS)) expect(protocol).toContain(`| \`${code}\` | ${status} |`)
  })
})

function readProtocol(): Promise<string> {
  return readFile(new URL('../../../../PROTOCOL.md', import.meta.url), 'utf8')
}
