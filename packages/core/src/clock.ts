/** Time, so that tests can own it. */
export interface Clock {
  /** ms, never going back; its zero means nothing. */
  now(): number
  /** Calls back once after `ms`, unless the returned function was called before. */
  after(ms: number, callback: () => void): () => void
}

/** The longest delay of a timer, some 25 days; a longer one, also an infinite one, would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_DELAY_MS))
    return () => clearTimeout(timer)
  },
}

/** One alarm at a time: setting it again, or clearing it, takes the earlier one back. */
export interface Alarm {
  set(ms: number, callback: () => void): void
  clear(): void
}

export function createAlarm(clock: Clock): Alarm {
  return new ClockAlarm(clock)
}

class ClockAlarm implements Alarm {
  readonly #clock: Clock
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  set(ms: number, callback: () => void): void {
    this.#cancel?.()
    this.#cancel = this.#clock.after(ms, callback)
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined // it would keep the timer, and all that the callback holds
  }
}

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      stop()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const stop = clock.after(ms, done)
    signal.addEventListener('abort', done)
  })
}

/** What the promise resolves to, or `undefined` after `ms`. Rejects as the promise does. */
export async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const done = new AbortController()
  try {
    return await Promise.race([promise, pause(clock, ms, done.signal).then(() => undefined)])
  } finally {
    done.abort()
  }
}
