/** Compares two programs in one process. */

const ROUNDS = 101
/** One sample: long against the grain of the clock, short enough that what else the machine does spoils few of them. */
const SAMPLE_MS = 3
const WARM_UP_MS = 300

/**
 * @typedef {object} Spread
 * @property {number} median
 * @property {number} low the first quartile
 * @property {number} high the third quartile
 */

/**
 * @typedef {() => unknown} Program may return a promise
 */

/**
 * Times both in turns, so that whatever else the machine does meets both alike; who goes first changes with every round.
 *
 * @param {Program} first
 * @param {Program} second
 * @param {number} [rounds]
 * @returns {Promise<{ first: Spread, second: Spread, ratio: Spread }>} times in ms of one call, and what `second` takes as a
 *   multiple of what `first` takes
 */
export async function contest(first, second, rounds = ROUNDS) {
  const firstRepeats = await warmUp(first)
  const secondRepeats = await warmUp(second)
  const firstTimes = []
  const secondTimes = []
  const ratios = []
  for (let round = 0; round < rounds; round++) {
    const isSwapped = round % 2 === 1
    const early = isSwapped ? await time(second, secondRepeats) : undefined
    const firstTime = await time(first, firstRepeats)
    const secondTime = early ?? (await time(second, secondRepeats))
    firstTimes.push(firstTime)
    secondTimes.push(secondTime)
    ratios.push(secondTime / firstTime)
  }
  return { first: spreadOf(firstTimes), second: spreadOf(secondTimes), ratio: spreadOf(ratios) }
}

/**
 * @param {Program} program
 * @returns {Promise<number>} how often to repeat it for one sample
 */
async function warmUp(program) {
  const started = performance.now()
  let last = 0
  do last = await time(program, 1)
  while (performance.now() - started < WARM_UP_MS)
  return Math.max(1, Math.round(SAMPLE_MS / last))
}

/**
 * @param {Program} program
 * @param {number} repeats
 */
async function time(program, repeats) {
  const started = performance.now()
  for (let repeat = 0; repeat < repeats; repeat++) {
    const pending = program()
    if (pending instanceof Promise) await pending
  }
  return (performance.now() - started) / repeats
}

/**
 * @param {readonly number[]} samples at least one
 * @returns {Spread}
 */
function spreadOf(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  /** @param {number} share */
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN
  return { median: at(0.5), low: at(0.25), high: at(0.75) }
}
