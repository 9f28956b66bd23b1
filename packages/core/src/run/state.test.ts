import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ERROR_STATUS } from '../errors.ts'
import { stateTable } from '../testing/state-table.ts'
import { createRunMachine, type RunTransition } from './machine.ts'
import { chatStatus, RUN_STATES } from './state.ts'

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
  it('announces each change once, and a stay never', () => {
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
