import type { StoredRun } from '@sluice/core/server'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import { readStored } from './read-stored.ts'
import { DROP, INDEX, INDEXED } from './index-scripts.ts'
import { GET } from './run-scripts.ts'

/** Which runs a thread has. The runs tell what is true; names of runs that are no more are dropped on the way. */
export interface ThreadIndex {
  add(owner: string, thread: string, id: string): Promise<void>
  /** Newest first. */
  list(owner: string, thread: string): Promise<readonly StoredRun[]>
}

export interface ThreadIndexOptions {
  readonly connection: Connection
  readonly keys: Keys
  readonly keepMs: number
}

const LISTED_RUNS = 20
/** Most runs of a thread that are named: more than are listed, for some may be gone. */
const INDEXED_RUNS = 100

export function createThreadIndex({ connection, keys, keepMs }: ThreadIndexOptions): ThreadIndex {
  return {
    async add(owner, thread, id) {
      await connection.call(INDEX, [keys.thread(owner, thread)], [id.toLowerCase(), INDEXED_RUNS, keepMs])
    },
    async list(owner, thread) {
      const index = keys.thread(owner, thread)
      const names = await connection.call(INDEXED, [index], [])
      const left = Array.isArray(names) ? names.map(String) : []
      const found: StoredRun[] = []
      while (left.length > 0 && found.length < LISTED_RUNS) {
        const ids = left.splice(0, LISTED_RUNS)
        const runs = await Promise.all(
          ids.map(async (id) => readStored(await connection.call(GET, [keys.run({ owner, id }).meta], []))),
        )
        found.push(...runs.flatMap((run) => (run?.record.thread === thread ? [run] : [])))
        const gone = ids.filter((_, i) => runs[i]?.record.thread !== thread)
        if (gone.length > 0) await connection.call(DROP, [index], gone)
      }
      return found.slice(0, LISTED_RUNS)
    },
  }
}
