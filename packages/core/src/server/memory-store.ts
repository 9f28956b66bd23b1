import { systemClock, type Clock } from '../clock.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { createEventLog, type EventLog } from './log.ts'
import {
  createAgain,
  nameOf,
  type RunEndRecord,
  type RunKey,
  type RunRecord,
  type RunStore,
  type StoredRun,
} from './store.ts'
import { createTombstones } from './tombstones.ts'
import { createWatchers, type Watchers } from './watchers.ts'

export interface MemoryStoreOptions {
  /** How long a run is kept after its end, in ms. Default 600,000. */
  readonly retentionMs?: number
  /** Most events kept of one run. Default 20,000. */
  readonly runEvents?: number
  /** Most UTF-16 code units kept of one run. Default 1,000,000. */
  readonly runBytes?: number
  /** Most UTF-16 code units kept of all ended runs; the oldest goes first. Default 256,000,000. */
  readonly retainedBytes?: number
}

interface Entry {
  readonly record: RunRecord
  readonly fence: string
  readonly log: EventLog
  readonly watchers: Watchers
  onCancel: readonly (() => void)[]
  attending: number
  cancelRequested: boolean
  ended: RunEndRecord | null
  endedAt: number
  /** What an ended run takes, in UTF-16 code units. */
  size: number
}

const LISTED_RUNS = 20

/** Keeps runs in this process. A restart forgets them, and an id that was used before it can be used again. */
export function memoryStore(options: MemoryStoreOptions = {}, clock: Clock = systemClock): RunStore {
  const { retentionMs = DEFAULT_LIMITS.retentionMs, retainedBytes = 256_000_000 } = options
  const { runEvents = DEFAULT_LIMITS.runEvents, runBytes = DEFAULT_LIMITS.runBytes } = options
  const runs = new Map<string, Entry>()
  const tombstones = createTombstones(clock)
  // In the order of their ends, so that what is to be forgotten stands in front.
  const retained = new Set<string>()
  let retainedSize = 0
  let fences = 0

  function forget(name: string): void {
    retainedSize -= runs.get(name)?.size ?? 0
    retained.delete(name)
    runs.delete(name)
  }

  function sweep(): void {
    const oldest = clock.now() - retentionMs
    for (const name of retained) {
      if (retainedSize <= retainedBytes && (runs.get(name)?.endedAt ?? 0) > oldest) return
      forget(name)
    }
  }

  function find(key: RunKey): Entry | undefined {
    sweep()
    return runs.get(nameOf(key))
  }

  return {
    leaseMs: Infinity,
    flushMs: 0,

    async create(record) {
      const existing = find(record)
      if (tombstones.has(record)) return { type: 'cancelled' }
      if (existing !== undefined) return createAgain(existing.record, record)
      fences += 1
      const fence = String(fences)
      const log = createEventLog({ runEvents, runBytes })
      const entry = {
        record,
        fence,
        log,
        watchers: createWatchers(),
        onCancel: [],
        attending: 0,
        cancelRequested: false,
        ended: null,
        endedAt: 0,
        size: 0,
      }
      runs.set(nameOf(record), entry)
      return { type: 'created', fence }
    },

    async append(key, fence, events) {
      const entry = find(key)
      if (entry === undefined || entry.fence !== fence || entry.ended !== null) return { type: 'fenced' }
      const { log, watchers, cancelRequested, attending } = entry
      if ((events[0]?.id ?? 0) > log.lastId + 1) return { type: 'behind', lastEventId: log.lastId }
      const fresh = events.filter(({ id }) => id > log.lastId)
      if (fresh.length > 0) {
        log.append(fresh)
        watchers.wake()
      }
      return { type: 'appended', cancelRequested, watched: attending > 0 }
    },

    async end(key, fence, ended, last) {
      const entry = find(key)
      if (entry === undefined || entry.fence !== fence) return false
      if (entry.ended !== null) return true
      entry.log.append([last])
      entry.log.close()
      entry.ended = ended
      entry.endedAt = clock.now()
      retained.add(nameOf(key))
      entry.size = entry.log.size + JSON.stringify([entry.record, ended]).length
      retainedSize += entry.size
      entry.watchers.wake()
      return true
    },

    async amend(key, fence, ended) {
      const entry = find(key)
      if (entry?.fence === fence && entry.ended !== null) entry.ended = ended
    },

    // A process that died in `onSettled` took this store with it: there is nobody to call it again.
    acknowledge: async () => {},

    async cancel(key) {
      const entry = find(key)
      if (entry === undefined) {
        tombstones.add(key)
        return 'tombstoned'
      }
      if (entry.ended !== null) return 'ended'
      entry.cancelRequested = true
      for (const callback of entry.onCancel) callback()
      return 'requested'
    },

    async get(key) {
      const entry = find(key)
      return entry && stored(entry)
    },

    async list(owner, thread) {
      sweep()
      const found: StoredRun[] = []
      for (const entry of runs.values()) {
        if (entry.record.owner === owner && entry.record.thread === thread) found.push(stored(entry))
      }
      return found.toReversed().slice(0, LISTED_RUNS)
    },

    async read(key, after) {
      const entry = find(key)
      return entry === undefined ? { type: 'unknown' } : entry.log.read(after)
    },

    watch(key, callback) {
      const entry = find(key)
      return entry === undefined ? () => {} : entry.watchers.add(callback)
    },

    watchCancel(key, callback) {
      const entry = find(key)
      if (entry === undefined) return () => {}
      entry.onCancel = [...entry.onCancel, callback]
      return () => void (entry.onCancel = entry.onCancel.filter((each) => each !== callback))
    },

    attend(key) {
      const entry = find(key)
      if (entry === undefined) return () => {}
      entry.attending += 1
      let present = true
      return () => {
        if (present) entry.attending -= 1
        present = false
      }
    },

    takeOver: () => () => {},
  }
}

function stored({ record, log, ended }: Entry): StoredRun {
  return { record, lastEventId: log.lastId, ended }
}
