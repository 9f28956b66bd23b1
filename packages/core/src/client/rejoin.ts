/** Waits between tries, in ms: doubling from the first to the last, each at random between half of it and all of it. */
const FIRST_MS = 250
const LAST_MS = 8_000

/**
 * How long to wait before try number `attempt` (from 0), in ms. The first try comes at once: most breaks are single.
 *
 * @param random from 0 to 1, so that the viewers of a server that restarts do not return in one wave
 */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  if (attempt === 0) return 0
  const full = Math.min(LAST_MS, FIRST_MS * 2 ** (attempt - 1))
  return full / 2 + (full / 2) * random
}
