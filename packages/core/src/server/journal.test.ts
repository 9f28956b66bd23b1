import { describe, expect, it } from 'vitest'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createJournal } from './journal.ts'
import { memoryStore } from './memory-store.ts'
import type { RunEndRecord, RunRecord } from './store.ts'

const RECORD: RunRecord = {
  owner: 'ann',
  id: '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11',
  thread: null,
  parent: null,
  messageId: 'm',
  model: 'any',
  created: 0,
  fingerprint: 'f',
  input: [],
}

const ENDED: RunEndRecord = {
  end: { status: 'completed', finishReason: 'stop', usage: UNKNOWN_USAGE, skippedChunks: 0 },
  message: { id: 'm', role: 'assistant', parts: [], text: '' },
}

describe('createJournal', () => {
  // Microtasks between two events: an event may come at every moment of the flush of the one before.
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'brings every event to the store, also %i microtasks behind another',
    async (gap) => {
      const clock = createFakeClock()
      const store = memoryStore({}, clock)
      const created = await store.create(RECORD)
      if (created.type !== 'created') throw new Error(`Expected the run to be created, got ${created.type}.`)
      const unexpected = (): never => {
        throw new Error('The producer was told to stop.')
      }
      const journal = createJournal({
        key: RECORD,
        fence: created.fence,
        store,
        bounds: { runEvents: 1_000, runBytes: 1_000_000 },
        clock,
        onCancelRequested: unexpected,
        onFenced: unexpected,
        onError: unexpected,
      })
      for (let i = 0; i < 4; i += 1) {
        journal.append([`event ${i}`])
        for (let turn = 0; turn < gap; turn += 1) await Promise.resolve()
      }
      expect(await journal.end('last', ENDED)).toBe(true)
      expect(await store.read(RECORD, 0)).toMatchObject({
        events: [1, 2, 3, 4, 5].map((id) => ({ id })),
        ended: true,
      })
    },
  )
})
