/** @typedef {import('./suite/check.ts').SuiteReport} SuiteReport */

/**
 * What came of one runtime.
 *
 * @typedef {{ readonly name: string, readonly version: string } & (
 *   | { readonly result: 'ran', readonly report: SuiteReport }
 *   | { readonly result: 'did not run', readonly reason: string }
 *   | { readonly result: 'skipped', readonly reason: string }
 * )} Row
 */

/**
 * One line a runtime, in Markdown.
 *
 * @param {readonly Row[]} rows
 */
export function table(rows) {
  const cells = rows.map((row) =>
    row.result === 'ran'
      ? [row.name, row.version, String(row.report.passed), String(row.report.failed)]
      : [row.name, row.version, row.result, ''],
  )
  const lines = [['runtime', 'version', 'passed', 'failed'], ['-', '-', '-:', '-:'], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) => `| ${line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`)
    .join('\n')
}

/**
 * @param {string} cell
 * @param {number} width
 * @param {number} column
 */
function pad(cell, width, column) {
  if (cell.startsWith('-')) return cell.padStart(width, '-')
  return column < 2 ? cell.padEnd(width) : cell.padStart(width)
}

/**
 * @param {Row} row
 * @returns {string}
 */
export function describeRow(row) {
  if (row.result !== 'ran') return `${titleOf(row)}: ${row.result}`
  return `${titleOf(row)}: ${row.report.passed} passed, ${row.report.failed} failed`
}

/**
 * Why runtimes were skipped.
 *
 * @param {readonly Row[]} rows
 * @returns {readonly string[]}
 */
export function describeSkips(rows) {
  return rows.flatMap((row) => (row.result === 'skipped' ? [`SKIPPED ${titleOf(row)}: ${row.reason}`] : []))
}

/**
 * Every failure in words, with the runtimes that it was seen in. A runtime that did not run is one, and so is one that
 * ran less than another: the suite is the same for all.
 *
 * @param {readonly Row[]} rows
 * @returns {readonly string[]}
 */
export function describeProblems(rows) {
  const total = Math.max(1, ...rows.map(sizeOf))
  /** @type {Map<string, string[]>} */
  const titles = new Map()
  for (const row of rows) {
    for (const problem of problemsOf(row, total)) {
      titles.set(problem, [...(titles.get(problem) ?? []), titleOf(row)])
    }
  }
  return [...titles].map(([problem, seenIn]) => `FAILED ${seenIn.join(', ')}: ${problem}`)
}

/**
 * @param {Row} row
 * @param {number} total
 * @returns {string[]}
 */
function problemsOf(row, total) {
  if (row.result === 'skipped') return []
  if (row.result === 'did not run') return [`did not run: ${row.reason}`]
  const problems = row.report.failures.map(describeFailure)
  const size = sizeOf(row)
  return size === total ? problems : [...problems, `ran ${size} of the ${total} ways that another runtime ran`]
}

/**
 * @param {Row} row
 * @returns {number} how many ways it ran
 */
function sizeOf(row) {
  return row.result === 'ran' ? row.report.passed + row.report.failed : 0
}

/** @param {Row} row */
function titleOf({ name, version }) {
  return version === '' ? name : `${name} (${version})`
}

/**
 * @param {import('./suite/check.ts').Failure} failure
 * @returns {string}
 */
function describeFailure({ name, ways, failed, difference }) {
  const which =
    failed.length === ways ? `each of ${ways} ways` : `${failed.length} of ${ways} ways (${failed.join('; ')})`
  return `${name}: ${which}\n  ${difference}`
}
