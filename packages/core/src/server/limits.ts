import { withDefaults, type Given } from '../defaults.ts'

/** Bounds of a run server; of this process alone, however many share its store. Times in ms. */
export interface Limits {
  /** Most bytes of a request body; more is 413. Default 8,000,000. */
  readonly bodyBytes: number
  /** Most UTF-16 code units of one chunk as JSON; more fails the run with `limit`. Default 8,000,000. */
  readonly eventBytes: number
  /**
   * Most UTF-16 code units of a run's whole answer (text, reasoning and the arguments of tool calls); more fails the run
   * with `limit`. Default 4,000,000.
   */
  readonly messageBytes: number
  /** Most events of a run that are kept; the oldest goes first, and no run ends for it. Default 20,000. */
  readonly runEvents: number
  /** Most UTF-16 code units of a run's events that are kept. Default 1,000,000. */
  readonly runBytes: number
  /** Most runs at a time; more is 429. Default 10,000. */
  readonly runs: number
  /** Most runs of one owner at a time; more is 429. Default 10,000: set it where `authorize` tells owners apart. */
  readonly runsPerOwner: number
  /** Until the head of the provider's answer, `prepare` and `onStart` included. Default 60,000. */
  readonly connectMs: number
  /** From the head to the first chunk. Default 120,000. */
  readonly firstChunkMs: number
  /** Without a single byte from the provider. Default 60,000. */
  readonly idleMs: number
  /** Of a whole run. Default 1,800,000. */
  readonly totalMs: number
  /** How long the default store keeps a run after its end; another store has its own. Default 600,000. */
  readonly retentionMs: number
}

export const DEFAULT_LIMITS: Limits = {
  bodyBytes: 8_000_000,
  eventBytes: 8_000_000,
  messageBytes: 4_000_000,
  runEvents: 20_000,
  runBytes: 1_000_000,
  runs: 10_000,
  runsPerOwner: 10_000,
  connectMs: 60_000,
  firstChunkMs: 120_000,
  idleMs: 60_000,
  totalMs: 1_800_000,
  retentionMs: 600_000,
}

/** @throws {TypeError} for a limit that is no number of at least 0 */
export function resolveLimits(given?: Given<Limits>): Limits {
  return withDefaults('limits', DEFAULT_LIMITS, given)
}
