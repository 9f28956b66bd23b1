import { describe, expect, it } from 'vitest'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createJournal } from './journal.ts'
import { memoryStore } from './memory-store.ts'
import type { RunEndRecord, RunRecord, RunStore } from './store.ts'

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

const LEASE_MS = 3_000
const never = new Promise<never>(() => {})

/** A journal on a memory store, changed for the test, that tells what becomes of it. */
async function write(changes: (store: RunStore) => Partial<RunStore> = () => ({})) {
  const clock = createFakeClock()
  const kept = memoryStore({}, clock)
  const created = await kept.create(RECORD)
  if (created.type !== 'created') throw new Error(`Expected the run to be created, got ${created.type}.`)
  const told: string[] = []
  const errors: unknown[] = []
  const journal = createJournal({
    key: RECORD,
    fence: created.fence,
    store: { ...kept, ...changes(kept) },
    bounds: { runEvents: 1_000, runBytes: 1_000_000 },
    clock,
    onNews: ({ cancelRequested }) => void (cancelRequested && told.push('cancel')),
    onFenced: () => told.push('fenced'),
    onLeaseLost: () => told.push('lease lost'),
    onError: (error) => errors.push(error),
  })
  return { journal, kept, clock, told, errors, fence: created.fence }
}

describe('createJournal', () => {
  // Microtasks between two events: an event may come at every moment of the flush of the one before.
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'brings every event to the store, also %i microtasks behind another',
    async (gap) => {
      const { journal, kept, told, errors } = await write()
      for (let i = 0; i < 4; i += 1) {
        journal.append([`event ${i}`])
        for (let turn = 0; turn < gap; turn += 1) await Promise.resolve()
      }
      expect(await journal.end('last', ENDED)).toBe(true)
      expect(await kept.read(RECORD, 0)).toMatchObject({ events: [1, 2, 3, 4, 5].map((id) => ({ id })), ended: true })
      expect([told, errors]).toEqual([[], []])
    },
  )

  it('writes the first event at once, and then what comes between two flushes as one batch', async () => {
    const batches: number[] = []
    const { journal, clock } = await write((kept) => ({
      flushMs: 50,
      append: (key, fence, events) => (batches.push(events.length), kept.append(key, fence, events)),
    }))
    for (let i = 0; i < 10; i += 1) {
      journal.append([`event ${i}`])
      await clock.advance(10)
    }
    expect(batches).toEqual([1, 4, 5])
    journal.append(['event 10'])
    await journal.end('last', ENDED)
    expect(batches).toEqual([1, 4, 5, 1])
  })

  it('brings what a failing store did not take with the next try, and tells of the failure', async () => {
    let failures = 2
    const { journal, kept, clock, told, errors } = await write((store) => ({
      leaseMs: LEASE_MS,
      append: async (...args) => {
        failures -= 1
        if (failures >= 0) throw new Error('away')
        return store.append(...args)
      },
    }))
    journal.append(['one', 'two'])
    await clock.advance(1_000)
    expect(await kept.read(RECORD, 0)).toMatchObject({ events: [{ id: 1 }, { id: 2 }] })
    expect(errors).toHaveLength(2)
    expect(told).toEqual([])
  })

  it('renews the lease of a silent run in time, and hears of a cancel at once', async () => {
    let appends = 0
    const { journal, kept, clock, told } = await write((store) => ({
      leaseMs: LEASE_MS,
      append: (...args) => ((appends += 1), store.append(...args)),
    }))
    await clock.advance(LEASE_MS)
    expect(appends).toBe(3)
    await kept.cancel(RECORD)
    await clock.advance(0)
    expect(told).toEqual(['cancel'])
    await journal.end('last', ENDED)
  })

  it.each([
    ['hangs', () => never],
    ['fails', () => Promise.reject(new Error('away'))],
  ])('gives the run up, once, when the store %s for a lease', async (_, append) => {
    const { journal, clock, told } = await write(() => ({ leaseMs: LEASE_MS, append }))
    journal.append(['one'])
    await clock.advance(LEASE_MS - 1)
    expect(told).toEqual([])
    await clock.advance(LEASE_MS / 2)
    expect(told).toEqual(['lease lost'])
    await clock.advance(10 * LEASE_MS)
    expect(told).toEqual(['lease lost'])
  })

  it('ends its own viewers at once when the store hangs, and records the end when it answers again', async () => {
    let isAway = true
    const { journal, kept, clock } = await write((store) => ({
      leaseMs: LEASE_MS,
      append: (...args) => (isAway ? never : store.append(...args)),
      end: (...args) => (isAway ? never : store.end(...args)),
    }))
    journal.append(['one'])
    const recorded = journal.end('last', ENDED)
    expect(await journal.feed.read(0)).toMatchObject({ events: [{ id: 1 }, { id: 2 }], ended: true })
    await clock.advance(2 * LEASE_MS)
    isAway = false
    await clock.advance(2 * LEASE_MS)
    expect(await recorded).toBe(true)
    expect(await kept.read(RECORD, 0)).toMatchObject({ events: [{ id: 1 }, { id: 2 }], ended: true })
  })

  it('leaves the end to whoever has fenced it', async () => {
    let isFenced = false
    const { journal, kept, clock, told } = await write((store) => ({
      append: async (...args) => (isFenced ? { type: 'fenced' } : store.append(...args)),
      end: async () => false,
    }))
    journal.append(['one'])
    await clock.advance(0)
    isFenced = true
    journal.append(['two'])
    await clock.advance(0)
    expect(told).toEqual(['fenced'])
    expect(await journal.end('last', ENDED)).toBe(false)
    expect(await kept.get(RECORD)).toMatchObject({ lastEventId: 1, ended: null })
  })

  it('writes again what the store had taken and lost', async () => {
    let forgotten = false
    const { journal, kept, clock, told, errors } = await write((store) => ({
      // As one that was restored from a copy: the second event and what comes after it is not there.
      append: async (key, fence, events) => {
        if (!forgotten && events.some(({ id }) => id > 1))
          return { type: 'appended', cancelRequested: false, watched: false }
        return store.append(key, fence, events)
      },
    }))
    for (const data of ['one', 'two', 'three']) {
      journal.append([data])
      await clock.advance(0)
    }
    forgotten = true
    journal.append(['four'])
    await clock.advance(0)
    expect(await kept.read(RECORD, 0)).toMatchObject({ events: { length: 4 } })
    expect(await journal.end('last', ENDED)).toBe(true)
    expect(await kept.read(RECORD, 0)).toMatchObject({ events: { length: 5 }, ended: true })
    expect([told, errors]).toEqual([[], []])
  })

  it('goes on for its own viewers when the store has lost the run, says so once, and settles it itself', async () => {
    const { journal, clock, told, errors } = await write(() => ({
      append: async () => ({ type: 'gone', cancelRequested: false, watched: false }),
      end: async () => true,
    }))
    for (const data of ['one', 'two', 'three']) {
      journal.append([data])
      await clock.advance(1_000)
    }
    expect([told, errors.length]).toEqual([[], 1])
    expect(await journal.end('last', ENDED)).toBe(true)
    expect(await journal.feed.read(0)).toMatchObject({ events: { length: 4 }, ended: true })
  })
})
