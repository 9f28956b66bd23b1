import type { RunStore } from '@sluice/core/server'
import { createAttendance } from './attendance.ts'
import { createEncoder } from './codec.ts'
import { createConnection, type RedisClient } from './connection.ts'
import { createCustody } from './custody.ts'
import { createKeys, memberOf } from './keys.ts'
import { createLogs } from './log.ts'
import { readStored } from './read-stored.ts'
import { startRounds } from './rounds.ts'
import { DUE } from './index-scripts.ts'
import { AMEND, CANCEL, CREATE, END, GET } from './run-scripts.ts'
import { createStops } from './stops.ts'
import { createSubscriptions } from './subscriptions.ts'
import { createThreadIndex } from './thread-index.ts'
import { createTombstones, TOMBSTONE_MS } from './tombstones.ts'

export interface RedisStoreOptions {
  /**
   * A connected node-redis 6 client, of `createClient` or `createCluster`. The store opens one more connection with its
   * `duplicate()`, and closes it when the client is closed; the client stays yours.
   */
  readonly client: RedisClient
  /** What every key and channel begins with. All processes with one prefix share their runs. Default `sluice:`. */
  readonly prefix?: string
  /** How long a process that gives no sign of life keeps its runs, in ms. Default 6,000. */
  readonly leaseMs?: number
  /** Least time between two writes of one run, in ms. Default 50. */
  readonly flushMs?: number
  /** How long a run is kept after its end was settled, in ms. Default 600,000. */
  readonly retentionMs?: number
  /** Most events kept of one run. Default 20,000. */
  readonly runEvents?: number
  /** Most bytes of events kept of one run, as they are encoded. Default 8,000,000. */
  readonly runBytes?: number
  /** What went wrong in the background; the store goes on. For logs. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

/** How long a run is kept that goes on, or is not settled yet, after the last sign of life, in ms. */
const KEEP_MS = 24 * 3_600_000
/** How many signs of life a process gives within a lease. */
const SIGNS_OF_LIFE = 3
/** How often a viewer looks for itself, in ms: while it can expect to be told, and while it can't. */
const LOOK_MS = { told: 1_000, untold: 100 }

/** Keeps runs in Redis, so that any process shows and stops them and, where another one has died, ends them. */
export function redisStore(options: RedisStoreOptions): RunStore {
  const { client, prefix = 'sluice:', leaseMs = 6_000, flushMs = 50, retentionMs = 600_000 } = options
  const { runEvents = 20_000, runBytes = 8_000_000 } = options
  const keys = createKeys(prefix)
  const connection = createConnection(client, leaseMs)
  const subscriptions = createSubscriptions(client, onError)
  const common = { connection, keys, leaseMs, keepMs: KEEP_MS, onError }
  const logs = createLogs({ ...common, runEvents, runBytes })
  const custody = createCustody({ ...common, retentionMs, onRelease: logs.forget })
  const stops = createStops({ ...common, subscriptions })
  const threads = createThreadIndex(common)
  const attendance = createAttendance({ ...common, instance: crypto.randomUUID(), markMs: leaseMs })
  const tombstones = createTombstones(common)

  startRounds(client, leaseMs / SIGNS_OF_LIFE, async () => {
    await Promise.all([custody.renew(), attendance.renew()])
  })

  /** A logger that throws takes nothing with it. */
  function onError(error: unknown): void {
    try {
      options.onError?.(error)
    } catch {
      // There is nobody left to tell.
    }
  }

  return {
    leaseMs,
    flushMs,

    async create(record) {
      const fence = crypto.randomUUID()
      const { owner, thread, id, fingerprint } = record
      // In this order, so that no run can be without somebody who looks after it.
      const due = connection.call(DUE, [keys.due], [leaseMs, KEEP_MS, 'new', memberOf(record)])
      const args = [JSON.stringify(record), fingerprint, fence, leaseMs, KEEP_MS]
      const creating = connection.call(CREATE, [keys.run(record).meta], args)
      const [type] = await Promise.all([creating, due, thread === null ? null : threads.add(owner, thread, id)])
      if (type === 'conflict' || type === 'cancelled' || type === 'exists') return { type }
      custody.keep(record, fence, 'produced')
      return { type: 'created', fence }
    },

    async append(key, fence, events) {
      const result = await logs.append(key, fence, events)
      if (result.type === 'appended' || result.type === 'behind') custody.keep(key, fence, 'produced')
      else custody.release(key)
      return result
    },

    async end(key, fence, ended, last) {
      const { meta, log, channel } = keys.run(key)
      const { payload } = createEncoder({ learns: false }).encode([last])
      const args = [fence, leaseMs, KEEP_MS, channel, JSON.stringify(ended), last.id, payload]
      const result = await connection.call(END, [meta, log], args)
      custody.release(key)
      if (result === 'ended') custody.keep(key, fence, 'recorded')
      return result !== 'fenced'
    },

    async amend(key, fence, ended) {
      await connection.call(AMEND, [keys.run(key).meta], [fence, JSON.stringify(ended)])
    },

    acknowledge: custody.settle,

    async cancel(key) {
      const result = await connection.call(CANCEL, [keys.run(key).meta], [TOMBSTONE_MS])
      if (result === 'ended') return 'ended'
      if (result === 'requested') await stops.tell(key)
      else await tombstones.add(key)
      return result === 'requested' ? 'requested' : 'tombstoned'
    },

    get: async (key) => readStored(await connection.call(GET, [keys.run(key).meta], [])),
    list: threads.list,
    read: logs.read,

    watch(key, callback) {
      const stop = (): void => {
        clearTimeout(timer)
        unlisten()
      }
      const look = (): void => {
        stop()
        callback()
      }
      const timer = setTimeout(look, subscriptions.isHealthy ? LOOK_MS.told : LOOK_MS.untold)
      const unlisten = subscriptions.listen(keys.run(key).channel, look)
      return stop
    },

    watchCancel: stops.listen,
    attend: attendance.attend,
    takeOver: (callback) => startRounds(client, leaseMs / SIGNS_OF_LIFE, () => custody.reap(callback)),
  }
}
