import { UNKNOWN_USAGE } from '../message/usage.ts'
import type { LogEvent } from './log.ts'
import type { RunEndRecord, RunRecord, RunStore } from './store.ts'

/** Opens a store that holds nothing yet. What it needs to be closed is the caller's affair. */
export type OpenStore = () => RunStore | Promise<RunStore>

/** One thing that every store must do. */
export interface StoreCase {
  /** A sentence, for a test's name. */
  readonly name: string
  /** Rejects with an `Error` that says what was expected and what came, if the store does otherwise. */
  run(openStore: OpenStore): Promise<void>
}

const ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const QUIET = { type: 'appended', cancelRequested: false, watched: false }
const ENDED: RunEndRecord = {
  end: { status: 'completed', finishReason: 'stop', usage: UNKNOWN_USAGE, skippedChunks: 0 },
  message: { id: 'm', role: 'assistant', parts: [], text: '' },
}

/**
 * What a `RunStore` must do, for any test runner:
 *
 * ```ts
 * for (const { name, run } of storeContract) it(name, () => run(() => myStore()))
 * ```
 *
 * Times (how long an ended run and a tombstone are kept, when a lease is lost) are not in it: they are each store's own.
 */
export const storeContract: readonly StoreCase[] = [
  {
    name: 'creates a run once: the same request exists, another one conflicts, another owner is a stranger',
    async run(openStore) {
      const store = await openStore()
      await fenceOf(store, record())
      equal(await store.create(record()), { type: 'exists' })
      equal(await store.create(record({ id: ID.toUpperCase() })), { type: 'exists' })
      equal(await store.create(record({ fingerprint: 'g' })), { type: 'conflict' })
      equal((await store.create(record({ owner: 'bob', fingerprint: 'g' }))).type, 'created')
    },
  },
  {
    name: 'creates a run once when both ask at the same time',
    async run(openStore) {
      const store = await openStore()
      const results = await Promise.all([store.create(record()), store.create(record())])
      equal(results.map(({ type }) => type).toSorted(), ['created', 'exists'])
    },
  },
  {
    name: 'takes events and one end from the holder of the fence alone',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      equal(await store.append(record(), 'another', [event(1)]), { type: 'fenced' })
      equal(await store.append(record(), fence, [event(1)]), QUIET)
      equal(await store.end(record(), 'another', ENDED, event(2)), false)
      equal(await store.end(record(), fence, ENDED, event(2)), true)
      equal(await store.end(record(), 'another', ENDED, event(3)), false)
      equal(await store.append(record(), fence, [event(3)]), { type: 'fenced' })
      equal(await store.read(record(), 0), { type: 'events', events: [event(1), event(2)], ended: true })
    },
  },
  {
    name: 'reads a log from any place in it, as it was written',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      equal(await store.read(record(), 0), { type: 'events', events: [], ended: false })
      await store.append(record(), fence, [event(1), event(2, 'id: 2\ndata: {"text":"水 \\n"}\n\n')])
      await store.append(record(), fence, [event(3)])
      const behind = await store.read(record(), 1)
      equal(behind, {
        type: 'events',
        events: [event(2, 'id: 2\ndata: {"text":"水 \\n"}\n\n'), event(3)],
        ended: false,
      })
      equal(await store.read(record(), 3), { type: 'events', events: [], ended: false })
      equal(await store.read(record({ id: idOf(9) }), 0), { type: 'unknown' })
      equal(await store.read(record({ owner: 'bob' }), 0), { type: 'unknown' })
    },
  },
  {
    name: 'keeps what was said of a run, and how it ended',
    async run(openStore) {
      const store = await openStore()
      const run = record({ parent: 'p', input: [{ role: 'user', content: 'Hello' }] })
      const fence = await fenceOf(store, run)
      await store.append(run, fence, [event(1)])
      equal(await store.get(run), { record: run, lastEventId: 1, ended: null })
      await store.end(run, fence, ENDED, event(2))
      equal(await store.get(run), { record: run, lastEventId: 2, ended: ENDED })
      equal(await store.get(record({ owner: 'bob' })), undefined)
    },
  },
  {
    name: 'takes what a drain has learned of an end from who recorded it, and from nobody else',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      const usage = { source: 'provider', inputTokens: 1, outputTokens: 2, totalTokens: 3 } as const
      const amended = { ...ENDED, end: { ...ENDED.end, usage } }
      await store.amend(record(), fence, amended)
      equal((await store.get(record()))?.ended, null)
      await store.end(record(), fence, ENDED, event(1))
      await store.amend(record(), 'another', amended)
      equal((await store.get(record()))?.ended, ENDED)
      await store.amend(record(), fence, amended)
      equal(await store.get(record()), { record: record(), lastEventId: 1, ended: amended })
    },
  },
  {
    name: 'takes an append and an end again whose answers were lost, and writes them once',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      await store.append(record(), fence, [event(1), event(2)])
      equal(await store.append(record(), fence, [event(1), event(2)]), QUIET)
      equal(await store.append(record(), fence, [event(2), event(3)]), QUIET)
      equal(await store.end(record(), fence, ENDED, event(4)), true)
      equal(await store.end(record(), fence, ENDED, event(4)), true)
      const events = [event(1), event(2), event(3), event(4)]
      equal(await store.read(record(), 0), { type: 'events', events, ended: true })
    },
  },
  {
    name: 'takes no event whose predecessor it lacks, and tells from where to append again',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      await store.append(record(), fence, [event(1)])
      equal(await store.append(record(), fence, [event(4)]), { type: 'behind', lastEventId: 1 })
      equal(await store.append(record(), fence, [event(2), event(3), event(4)]), QUIET)
      const events = [event(1), event(2), event(3), event(4)]
      equal(await store.read(record(), 0), { type: 'events', events, ended: false })
    },
  },
  {
    name: 'tells a reader that has more than an ended log has of a gap, and lets one of a running log wait',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      await store.append(record(), fence, [event(1)])
      equal(await store.read(record(), 5), { type: 'events', events: [], ended: false })
      await store.end(record(), fence, ENDED, event(2))
      equal(await store.read(record(), 2), { type: 'events', events: [], ended: true })
      equal(await store.read(record(), 5), { type: 'gap' })
    },
  },
  {
    name: 'tells the producer whether somebody watches elsewhere',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      const leave = [store.attend(record()), store.attend(record())]
      await eventually(async () => equal(await store.append(record(), fence, []), { ...QUIET, watched: true }))
      leave[0]?.()
      leave[0]?.()
      equal(await store.append(record(), fence, []), { ...QUIET, watched: true })
      leave[1]?.()
      await eventually(async () => equal(await store.append(record(), fence, []), QUIET))
    },
  },
  {
    name: 'brings a cancel to the producer with its next append, and calls it',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      const called = within5s((resolve) => store.watchCancel(record(), resolve))
      equal(await store.cancel(record()), 'requested')
      await called
      equal(await store.append(record(), fence, []), { ...QUIET, cancelRequested: true })
      await store.end(record(), fence, ENDED, event(1))
      equal(await store.cancel(record()), 'ended')
    },
  },
  {
    name: 'wakes who watches once when the log has grown, and when it has ended',
    async run(openStore) {
      const store = await openStore()
      const fence = await fenceOf(store, record())
      const grown = watched(store, record())
      await store.append(record(), fence, [event(1)])
      await grown
      const ended = watched(store, record())
      await store.end(record(), fence, ENDED, event(2))
      await ended
    },
  },
  {
    name: 'remembers the cancel of a run that does not exist, for its owner only',
    async run(openStore) {
      const store = await openStore()
      equal(await store.cancel(record()), 'tombstoned')
      equal(await store.create(record()), { type: 'cancelled' })
      equal((await store.create(record({ owner: 'bob' }))).type, 'created')
    },
  },
  {
    name: 'remembers the newest 100 such cancels of an owner, whatever others ask for',
    async run(openStore) {
      const store = await openStore()
      for (let i = 0; i < 150; i += 1) await store.cancel({ owner: 'ann', id: idOf(i) })
      await store.cancel({ owner: 'bob', id: idOf(0) })
      equal((await store.create(record({ id: idOf(49) }))).type, 'created')
      equal(await store.create(record({ id: idOf(50) })), { type: 'cancelled' })
      equal(await store.create(record({ owner: 'bob', id: idOf(0) })), { type: 'cancelled' })
    },
  },
  {
    name: 'lists a thread’s runs, newest first, at most 20',
    async run(openStore) {
      const store = await openStore()
      for (let i = 0; i < 25; i += 1) await fenceOf(store, record({ id: idOf(i) }))
      await fenceOf(store, record({ id: idOf(90), thread: 'other' }))
      await fenceOf(store, record({ id: idOf(91), owner: 'bob' }))
      const listed = await store.list('ann', 't1')
      equal(
        listed.map((run) => run.record.id),
        Array.from({ length: 20 }, (_, i) => idOf(24 - i)),
      )
      equal(await store.list('ann', 'nothing'), [])
    },
  },
]

function idOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

function record(changes: Partial<RunRecord> = {}): RunRecord {
  const base = { owner: 'ann', id: ID, thread: 't1', parent: null, messageId: 'm', model: 'any', created: 0, input: [] }
  return { ...base, fingerprint: 'f', ...changes }
}

function event(id: number, text = `id: ${id}\ndata: x\n\n`): LogEvent {
  return { id, text }
}

async function fenceOf(store: RunStore, run: RunRecord): Promise<string> {
  const created = await store.create(run)
  if (created.type !== 'created') throw new Error(`Expected the run to be created, got ${created.type}.`)
  return created.fence
}

function watched(store: RunStore, run: RunRecord): Promise<void> {
  return within5s((resolve) => store.watch(run, resolve))
}

/** Resolves when it is called back; rejects if it is not within 5 s. */
function within5s(start: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Expected to be called back within 5 s.')), 5_000)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Repeats what fails until it succeeds, for 5 s. */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 5_000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Compares as JSON, the order of an object's fields aside. */
function equal(actual: unknown, expected: unknown): void {
  const [came, wanted] = [canonical(actual), canonical(expected)]
  if (came !== wanted) throw new Error(`Expected ${wanted}, got ${came}.`)
}

function canonical(value: unknown): string {
  const sort = (_: string, each: unknown): unknown =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each
  return JSON.stringify(value, sort) ?? 'nothing'
}
