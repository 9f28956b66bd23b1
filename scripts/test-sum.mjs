/**
 * What vitest's JSON reporter says of one package, as far as the sum needs it.
 *
 * @typedef {object} VitestReport
 * @property {readonly VitestFile[]} testResults
 *
 * @typedef {object} VitestFile
 * @property {string} name
 * @property {string} status
 * @property {string} [message] why the file did not load
 * @property {readonly { readonly fullName: string, readonly status: string }[]} assertionResults
 */

/**
 * One package that should have tested itself. `report` is undefined when its runner wrote none.
 *
 * @typedef {{ readonly name: string, readonly report: VitestReport | undefined }} PackageRun
 */

/**
 * @typedef {object} TestSum
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {readonly string[]} failures each failure in words, with its package
 * @property {readonly string[]} objections why the whole is no success in spite of no failed test
 */

/**
 * Adds up the packages' reports, so that nothing that did not run can look like success. Each of these counts as one failed
 * test: a package without a report or without a single test, a file that failed outside its tests (while loading, in a
 * hook), and a runner that ended badly although every report is good. It is an objection when no test was executed at all,
 * and under CI when one was skipped.
 *
 * @param {readonly PackageRun[]} runs
 * @param {{ readonly runnerFailed: boolean, readonly ci: boolean }} circumstances
 * @returns {TestSum}
 */
export function sumReports(runs, { runnerFailed, ci }) {
  const tests = runs.flatMap(({ report }) => report?.testResults ?? []).flatMap((file) => file.assertionResults)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failures = runs.flatMap(failuresOf)
  if (runnerFailed && failures.length === 0) {
    failures.push('the test run: it ended with an error outside every test; see its output above')
  }
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed').length
  const objections = []
  if (passed + failures.length === 0) objections.push('no test was executed')
  if (ci && skipped > 0) objections.push(`under CI every test must run, and ${skipped} did not`)
  return { passed, failed: failures.length, skipped, failures, objections }
}

/**
 * @param {PackageRun} run
 * @returns {string[]}
 */
function failuresOf({ name, report }) {
  if (report === undefined) return [`${name}: its tests left no report; either they or its build broke, see above`]
  if (report.testResults.every((file) => file.assertionResults.length === 0 && file.status === 'passed')) {
    return [`${name}: it has a test script but no test`]
  }
  return report.testResults.flatMap((file) => failuresIn(file).map((failure) => `${name}: ${failure}`))
}

/**
 * @param {VitestFile} file
 * @returns {string[]}
 */
function failuresIn({ name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName)
  if (status === 'passed' || failed.length > 0) return failed
  return [`${name} failed outside its tests${message ? `: ${message}` : ', in a hook'}`]
}
