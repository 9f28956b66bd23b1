import { describe, expect, it } from 'vitest'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { memoryStore } from './memory-store.ts'
import { storeContract } from './store-contract.ts'
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
  it.each(storeContract)('$name', async ({ run }) => {
    await expect(run(() => memoryStore())).resolves.toBeUndefined()
  })

  it('forgets the cancel of a run that does not exist after 10 minutes', async () => {
    const clock = createFakeClock()
    const store = memoryStore({}, clock)
    await store.cancel(record())
    await clock.advance(600_000 - 1)
    expect(await store.create(record())).toEqual({ type: 'cancelled' })
    await clock.advance(2)
    expect(await store.create(record())).toMatchObject({ type: 'created' })
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
})
