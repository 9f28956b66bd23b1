/** Where time comes from. Tests may pass their own; everything else uses `systemClock`. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with a fraction, that never step backwards. */
  now(): number
  /**
   * Resolves at or after `due` (on the scale of `now`), or as soon as `signal` aborts, and never rejects. It always lets
   * the event loop turn once, also when `due` has passed, so that a closed socket is seen between two tokens.
   */
  until(due: number, signal: AbortSignal): Promise<void>
}

/** How fast an answer comes. Token `i` (from 0) is due `firstTokenMs + i * 1000 / tokensPerSecond` ms after the start. */
export interface Pace {
  readonly firstTokenMs: number
  readonly tokensPerSecond: number
}

/** Computed from the start, never from the token before: a late token does not delay the rest. */
export function dueTime(start: number, pace: Pace, index: number): number {
  return start + pace.firstTokenMs + (index * 1000) / pace.tokensPerSecond
}

/** The origin is the process's wall clock, the advance is monotonic. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  until: (due, signal) =>
    new Promise((resolve) => {
      let cancelWait = (): void => {}
      const settle = (): void => {
        signal.removeEventListener('abort', settle)
        cancelWait()
        resolve()
      }
      // A timer may fire up to a millisecond early, hence the second look.
      const look = (): void => {
        const left = due - systemClock.now()
        if (left <= 0) return settle()
        const timer = setTimeout(look, Math.ceil(left))
        cancelWait = () => clearTimeout(timer)
      }
      if (signal.aborted) return resolve()
      signal.addEventListener('abort', settle)
      if (due > systemClock.now()) return look()
      const turn = setImmediate(settle)
      cancelWait = () => clearImmediate(turn)
    }),
}
