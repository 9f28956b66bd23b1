import { createAlarm, within, type Clock } from '../run/clock.ts'

/**
 * What becomes of a run that nobody watches: `cancel` it at once, let it `continue`, or cancel it when nobody has come
 * (back) within `graceMs`, counted from the last viewer's leaving, and from the run's start.
 */
export type DisconnectPolicy = 'cancel' | 'continue' | { readonly graceMs: number }

/** Who watches a run. */
export interface Presence {
  /** A viewer came. Returns how it leaves; leaving twice counts once. */
  join(): () => void
  /** Whether anybody watches from another machine, as far as is known. */
  setElsewhere(watched: boolean): void
  /** The run has ended: nobody is waited for any more. */
  close(): void
}

export interface PresenceOptions {
  readonly policy: DisconnectPolicy
  readonly clock: Clock
  /** Asks the other machines, and calls `setElsewhere` before it resolves, unless they can't be asked. */
  readonly askElsewhere: () => Promise<void>
  readonly onAbandoned: () => void
}

/** How long the other machines are waited for, in ms. */
const ASK_MS = 1_000

export function createPresence({ policy, clock, askElsewhere, onAbandoned }: PresenceOptions): Presence {
  const grace = createAlarm(clock)
  let viewers = 0
  let elsewhere = false
  let arrivals = 0

  function onEmpty(): void {
    if (policy === 'cancel') void abandon()
    else if (policy !== 'continue') grace.set(policy.graceMs, () => void abandon())
  }

  /** What was last heard of the other machines is some time old. */
  async function abandon(): Promise<void> {
    const before = arrivals
    await within(clock, ASK_MS, askElsewhere())
    if (viewers === 0 && !elsewhere && arrivals === before) onAbandoned()
  }

  // The viewer that starts a run joins it in the same tick, so only a grace counts from the start.
  if (typeof policy === 'object') onEmpty()
  return {
    join() {
      grace.clear()
      viewers += 1
      arrivals += 1
      let present = true
      return () => {
        if (!present) return
        present = false
        viewers -= 1
        if (viewers === 0 && !elsewhere) onEmpty()
      }
    },
    setElsewhere(watched) {
      if (watched === elsewhere) return
      elsewhere = watched
      if (viewers > 0) return
      if (!watched) return onEmpty()
      grace.clear()
      arrivals += 1
    },
    close() {
      viewers = Infinity // leaving an ended run is nobody's disconnect
      grace.clear()
    },
  }
}
