import { describe, expect, it } from 'vitest'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { memoryStore } from './memory-store.ts'
import type { RunEndRecord, RunRecord, RunStore } from './store.ts'

const ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const ENDED: RunEndRecord = {
  end: { status: 'completed', finishReason: 'stop', usage: UNKNOWN_USAGE, skippedChunks: 0 },
  message: { id: 'm', role: 'assistant', parts: [], text: '' },
}

function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

function record(changes: Partial<RunRecord> = {}): RunRecord {
  const base = { owner: 'ann', id: ID, thread: 't1', parent: null, messageId: 'm', model: 'any', created: 0, input: [] }
  return { ...base, fingerprint: 'f', ...changes }
}

async function fenceOf(store: RunStore, run: RunRecord): Promise<string> {
  const created = await store.create(run)
  if (created.type !== 'created') throw new Error(`Expected the run to be created, got ${created.type}.`)
  return created.fence
}

describe('memoryStore', () => {
  it('creates a run once: the same request exists, another one conflicts, another owner is a stranger', async () => {
    const store = memoryStore()
    await fenceOf(store, record())
    expect(await store.create(record())).toEqual({ type: 'exists' })
    expect(await store.create(record({ id: ID.toUpperCase() }))).toEqual({ type: 'exists' })
    expect(await store.create(record({ fingerprint: 'g' }))).toEqual({ type: 'conflict' })
    expect(await store.create(record({ owner: 'bob', fingerprint: 'g' }))).toMatchObject({ type: 'created' })
  })

  it('takes events and one end from the holder of the fence alone', async () => {
    const store = memoryStore()
    const fence = await fenceOf(store, record())
    const last = { id: 2, text: 'b' }
    expect(await store.append(record(), 'another', [{ id: 1, text: 'a' }])).toEqual({ type: 'fenced' })
    expect(await store.append(record(), fence, [{ id: 1, text: 'a' }])).toEqual({
      type: 'appended',
      cancelRequested: false,
    })
    expect(await store.end(record(), 'another', ENDED, last)).toBe(false)
    expect(await store.end(record(), fence, ENDED, last)).toBe(true)
    expect(await store.end(record(), fence, ENDED, last)).toBe(false)
    expect(await store.append(record(), fence, [{ id: 3, text: 'c' }])).toEqual({ type: 'fenced' })
    expect(await store.read(record(), 0)).toMatchObject({ type: 'events', ended: true, events: [{ id: 1 }, { id: 2 }] })
  })

  it('brings a cancel to the producer with its next append, and wakes who watches', async () => {
    const store = memoryStore()
    const fence = await fenceOf(store, record())
    let woken = 0
    store.watch(record(), () => (woken += 1))
    expect(await store.cancel(record())).toBe('requested')
    expect(woken).toBe(1)
    expect(await store.append(record(), fence, [])).toEqual({ type: 'appended', cancelRequested: true })
    await store.end(record(), fence, ENDED, { id: 1, text: '' })
    expect(await store.cancel(record())).toBe('ended')
  })

  it('remembers the cancel of a run that does not exist for 10 minutes, for its owner only', async () => {
    const clock = createFakeClock()
    const store = memoryStore({}, clock)
    expect(await store.cancel(record())).toBe('tombstoned')
    expect(await store.create(record())).toEqual({ type: 'cancelled' })
    expect(await store.create(record({ owner: 'bob' }))).toMatchObject({ type: 'created' })
    await clock.advance(600_001)
    expect(await store.create(record())).toMatchObject({ type: 'created' })
  })

  it('remembers the newest 100 such cancels of an owner, whatever others ask for', async () => {
    const store = memoryStore()
    for (let i = 0; i < 150; i += 1) await store.cancel({ owner: 'ann', id: idOf(i) })
    await store.cancel({ owner: 'bob', id: idOf(0) })
    expect(await store.create(record({ id: idOf(49) }))).toMatchObject({ type: 'created' })
    expect(await store.create(record({ id: idOf(50) }))).toEqual({ type: 'cancelled' })
    expect(await store.create(record({ owner: 'bob', id: idOf(0) }))).toEqual({ type: 'cancelled' })
  })

  it('forgets a run when its time is over, and never one that goes on', async () => {
    const clock = createFakeClock()
    const store = memoryStore({ retentionMs: 1_000 }, clock)
    const fence = await fenceOf(store, record())
    await fenceOf(store, record({ id: idOf(1) }))
    await store.end(record(), fence, ENDED, { id: 1, text: '' })
    await clock.advance(999)
    expect(await store.get(record())).toBeDefined()
    await clock.advance(2)
    expect(await store.get(record())).toBeUndefined()
    expect(await store.read(record(), 0)).toEqual({ type: 'unknown' })
    expect(await store.get(record({ id: idOf(1) }))).toBeDefined()
  })

  it('forgets the oldest ended runs first when all of them are too much', async () => {
    const store = memoryStore({ retainedBytes: 5_000 })
    for (let i = 0; i < 4; i += 1) {
      const run = record({ id: idOf(i) })
      await store.end(run, await fenceOf(store, run), ENDED, { id: 1, text: 'x'.repeat(1_500) })
    }
    const kept = await Promise.all(
      [0, 1, 2, 3].map(async (i) => (await store.get(record({ id: idOf(i) }))) !== undefined),
    )
    expect(kept).toEqual([false, false, true, true])
  })

  it('lists a thread’s runs, newest first, at most 20', async () => {
    const store = memoryStore()
    for (let i = 0; i < 25; i += 1) await fenceOf(store, record({ id: idOf(i) }))
    await fenceOf(store, record({ id: idOf(90), thread: 'other' }))
    await fenceOf(store, record({ id: idOf(91), owner: 'bob' }))
    const listed = await store.list('ann', 't1')
    expect(listed.map((run) => run.record.id)).toEqual(Array.from({ length: 20 }, (_, i) => idOf(24 - i)))
  })
})
