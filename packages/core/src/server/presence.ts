import { createAlarm, within, type Alarm, type Clock } from '../clock.ts'

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
  askElsewhere(): Promise<void>
  onAbandoned(): void
}

/** How long the other machines are waited for, in ms. */
const ASK_MS = 1_000

export function createPresence(options: PresenceOptions): Presence {
  return new CountedPresence(options)
}

// A class, as a server keeps thousands of runs at a time.
class CountedPresence implements Presence {
  readonly #options: PresenceOptions
  readonly #grace: Alarm
  #viewers = 0
  #elsewhere = false
  #arrivals = 0

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#grace = createAlarm(options.clock)
    // The viewer that starts a run joins it in the same tick, so only a grace counts from the start.
    if (typeof options.policy === 'object') this.#onEmpty()
  }

  join(): () => void {
    this.#grace.clear()
    this.#viewers += 1
    this.#arrivals += 1
    let present = true
    return () => {
      if (!present) return
      present = false
      this.#viewers -= 1
      if (this.#viewers === 0 && !this.#elsewhere) this.#onEmpty()
    }
  }

  setElsewhere(watched: boolean): void {
    if (watched === this.#elsewhere) return
    this.#elsewhere = watched
    if (this.#viewers > 0) return
    if (!watched) return this.#onEmpty()
    this.#grace.clear()
    this.#arrivals += 1
  }

  close(): void {
    this.#viewers = Infinity // leaving an ended run is nobody's disconnect
    this.#grace.clear()
  }

  #onEmpty(): void {
    const { policy } = this.#options
    if (policy === 'cancel') void this.#abandon()
    else if (policy !== 'continue') this.#grace.set(policy.graceMs, () => void this.#abandon())
  }

  /** What was last heard of the other machines is some time old. */
  async #abandon(): Promise<void> {
    const before = this.#arrivals
    await within(this.#options.clock, ASK_MS, this.#options.askElsewhere())
    if (this.#viewers === 0 && !this.#elsewhere && this.#arrivals === before) this.#options.onAbandoned()
  }
}
