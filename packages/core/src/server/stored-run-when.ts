import { pause, type Clock } from '../clock.ts'
import type { RunKey, RunStore, StoredRun } from './store.ts'

export interface StoredRunWait {
  readonly key: RunKey
  readonly store: RunStore
  readonly clock: Clock
  /** How long to wait, in ms. */
  readonly ms: number
}

/** How often to look, in ms, where the store calls nobody back. */
const LOOK_MS = 100

/** A stored run as soon as it `holds`, or as it is when the time is over; `undefined` where there is none. */
export async function storedRunWhen(
  holds: (run: StoredRun) => boolean,
  { key, store, clock, ms }: StoredRunWait,
): Promise<StoredRun | undefined> {
  const until = clock.now() + ms
  for (;;) {
    const found = await store.get(key)
    if (found === undefined || holds(found) || clock.now() >= until) return found
    const wake = new AbortController()
    const unwatch = store.watch(key, () => wake.abort())
    await pause(clock, LOOK_MS, wake.signal)
    unwatch()
  }
}
