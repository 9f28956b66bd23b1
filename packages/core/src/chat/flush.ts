import type { Clock } from '../run/clock.ts'

/** When deltas are published: the first at once, the others together, at most one flush in `ms`. */
export interface Flush {
  /** Something changed that may wait. */
  request(): void
  /** Takes back what is pending: it was published with something that could not wait. */
  drop(): void
}

/** @param ms least time between two flushes; a browser paints no more often than every 16 */
export function createFlush(clock: Clock, ms: number, publish: () => void): Flush {
  let pending: (() => void) | undefined
  let last = -Infinity

  function flush(): void {
    pending = undefined
    last = clock.now()
    publish()
  }

  return {
    request() {
      if (pending !== undefined) return
      const wait = last + ms - clock.now()
      if (wait <= 0) flush()
      else pending = clock.after(wait, flush)
    },
    drop() {
      pending?.()
      pending = undefined
    },
  }
}
