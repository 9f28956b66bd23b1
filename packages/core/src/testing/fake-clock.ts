import type { Clock } from '../clock.ts'

export interface FakeClock extends Clock {
  /** Lets time pass, and calls back what is due, in order. Work that promises wait for is done in between. */
  advance(ms: number): Promise<void>
  /** Lets time pass as it does for a machine that sleeps: what falls due is late, and is called back by what advances. */
  sleep(ms: number): void
}

export function createFakeClock(): FakeClock {
  let now = 0
  let timers: { readonly due: number; readonly callback: () => void }[] = []
  return {
    now: () => now,
    after(ms, callback) {
      const timer = { due: now + ms, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    sleep(ms) {
      now += ms
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await settled()
        const next = timers.filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0]
        if (next === undefined) break
        timers = timers.filter((other) => other !== next)
        now = Math.max(now, next.due)
        next.callback()
      }
      now = Math.max(now, end)
      await settled()
    },
  }
}

/** A macrotask: every promise that could settle by now has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
