import type { Clock } from '../clock.ts'

/** When deltas are published: the first at once, the others together, at most one flush in `ms`. */
export interface Flush {
  /** Something changed that may wait. */
  request(): void
  /** Takes back what is pending: it was published with something that could not wait. What comes next is a first one. */
  drop(): void
}

/** A frame that never comes, in a tab that nobody sees, is not waited for any longer than this, in ms. */
const NO_FRAME_MS = 100

/** A page without frames of its own is shown no more often than a screen would be, in ms. */
const FRAME_MS = 16

/** @param ms least time between two flushes; each then waits for a frame, where there are frames */
export function createFlush(clock: Clock, ms: number | 'frame', publish: () => void): Flush {
  const rest = ms === 'frame' ? FRAME_MS : ms
  let pending: (() => void) | undefined
  let last = -Infinity

  function flush(): void {
    pending = undefined
    last = clock.now()
    publish()
  }

  function awaitFrame(): void {
    if (!('requestAnimationFrame' in globalThis)) return flush()
    const frame = requestAnimationFrame(() => {
      stopWaiting()
      flush()
    })
    const stopWaiting = clock.after(NO_FRAME_MS, () => {
      cancelAnimationFrame(frame)
      flush()
    })
    pending = () => {
      cancelAnimationFrame(frame)
      stopWaiting()
    }
  }

  return {
    request() {
      if (pending !== undefined) return
      const wait = last + rest - clock.now()
      if (wait <= 0) flush()
      else if (ms === 'frame') awaitFrame()
      else pending = clock.after(wait, awaitFrame)
    },
    drop() {
      pending?.()
      pending = undefined
      last = -Infinity
    },
  }
}
