import { createAlarm, type Clock } from '../run/clock.ts'

/**
 * What becomes of a run that nobody watches: `cancel` it at once, let it `continue`, or cancel it when nobody has come
 * (back) within `graceMs`, counted from the last viewer's leaving, and from the run's start.
 */
export type DisconnectPolicy = 'cancel' | 'continue' | { readonly graceMs: number }

/** Who watches a run. */
export interface Presence {
  /** A viewer came. Returns how it leaves; leaving twice counts once. */
  join(): () => void
  /** The run has ended: nobody is waited for any more. */
  close(): void
}

export function createPresence(policy: DisconnectPolicy, clock: Clock, onAbandoned: () => void): Presence {
  const grace = createAlarm(clock)
  let viewers = 0

  function onEmpty(): void {
    if (policy === 'cancel') onAbandoned()
    else if (policy !== 'continue') grace.set(policy.graceMs, onAbandoned)
  }

  // The viewer that starts a run joins it in the same tick, so only a grace counts from the start.
  if (typeof policy === 'object') onEmpty()
  return {
    join() {
      grace.clear()
      viewers += 1
      let present = true
      return () => {
        if (!present) return
        present = false
        viewers -= 1
        if (viewers === 0) onEmpty()
      }
    },
    close() {
      viewers = Infinity // leaving an ended run is nobody's disconnect
      grace.clear()
    },
  }
}
