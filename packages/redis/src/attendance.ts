import type { RunKey } from '@sluice/core/server'
import type { Connection } from './connection.ts'
import { memberOf, type Keys } from './keys.ts'
import { ATTEND } from './run-scripts.ts'

/** The runs of other processes that this one has viewers of: one mark for each run, however many viewers there are. */
export interface Attendance {
  /** Returns how to leave; leaving twice counts once. */
  attend(key: RunKey): () => void
  /** Puts every mark up again. Never rejects. */
  renew(): Promise<void>
}

export interface AttendanceOptions {
  readonly connection: Connection
  readonly keys: Keys
  /** What names this process. */
  readonly instance: string
  /** How long a mark is good, in ms. */
  readonly markMs: number
  readonly onError: (error: unknown) => void
}

export function createAttendance({ connection, keys, instance, markMs, onError }: AttendanceOptions): Attendance {
  const attended = new Map<string, { readonly key: RunKey; viewers: number }>()

  async function mark(key: RunKey, ms: number): Promise<void> {
    const { seen, meta } = keys.run(key)
    await connection.call(ATTEND, [seen, meta], [instance, ms]).catch(onError)
  }

  return {
    attend(key) {
      const member = memberOf(key)
      const entry = attended.get(member) ?? { key, viewers: 0 }
      attended.set(member, entry)
      entry.viewers += 1
      if (entry.viewers === 1) void mark(key, markMs)
      let present = true
      return () => {
        if (!present) return
        present = false
        entry.viewers -= 1
        if (entry.viewers > 0) return
        attended.delete(member)
        void mark(key, 0)
      }
    },
    async renew() {
      await Promise.all([...attended.values()].map(({ key }) => mark(key, markMs)))
    },
  }
}
