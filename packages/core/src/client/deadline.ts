import { createAlarm, type Alarm, type Clock } from '../clock.ts'

/** An alarm that rings later than this, in ms, was held up: its machine slept, or its page was frozen. */
const LATE_MS = 5_000

/** What the other end is then granted, in ms: no alarm shall ring before anybody could have spoken. */
const GRACE_MS = 10_000

/** Browsers let the alarms of a hidden page ring once a minute. A grace that rings later than this, in ms, was slept through. */
const ASLEEP_MS = 90_000

/** An alarm that does not ring at once when its machine wakes. */
export interface Deadline extends Alarm {
  /** Leaves it at least 10 s, if it is set. */
  extend(): void
}

/** @param onLate told by how much, in ms, when a sleep held it up; it then rings after a grace of 10 s */
export function createDeadline(clock: Clock, onLate: (ms: number) => void): Deadline {
  const alarm = createAlarm(clock)
  let due = Infinity
  let ring = (): void => {}

  function arm(ms: number, tolerance: number): void {
    due = clock.now() + ms
    alarm.set(ms, () => {
      const late = clock.now() - due
      if (late < tolerance) return ring()
      arm(GRACE_MS, ASLEEP_MS)
      onLate(late)
    })
  }

  return {
    set(ms, callback) {
      ring = callback
      arm(ms, LATE_MS)
    },
    extend() {
      if (due - clock.now() < GRACE_MS) arm(GRACE_MS, ASLEEP_MS)
    },
    clear() {
      due = Infinity
      alarm.clear()
    },
  }
}
