/**
 * @param {readonly number[]} samples at least one
 * @param {number} share 0.5 is the median
 */
export function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/**
 * @param {readonly number[]} samples
 * @param {number} [digits]
 */
export function spread(samples, digits = 2) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => quantile(samples, share).toFixed(digits))
  return `${median} (${low}–${high})`
}
