import { runCommand } from '../scripts/run-command.mjs'
import { buildSuite } from './build-suite.mjs'
import { RUNTIMES_TO_RUN } from './runtimes.mjs'
import { describeProblems, describeRow, describeSkips, table } from './table.mjs'

/** @typedef {import('./runtimes.mjs').Runtime} Runtime */
/** @typedef {import('./table.mjs').Row} Row */

/**
 * Builds the suite, runs it in one runtime after the other and prints what came of it.
 *
 * @returns {Promise<boolean>} whether all is well
 */
export async function runMatrix() {
  await buildSuite()
  /** @type {Row[]} */
  const rows = []
  for (const runtime of RUNTIMES_TO_RUN) {
    const started = Date.now()
    const row = await rowOf(runtime)
    rows.push(row)
    console.log(`runtimes: ${describeRow(row)} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  }
  console.log(`\n${table(rows)}\n`)
  const problems = describeProblems(rows)
  for (const line of [...describeSkips(rows), ...problems]) console.log(line)
  return problems.length === 0
}

/**
 * @param {Runtime} runtime
 * @returns {Promise<Row>}
 */
async function rowOf({ name, program, missing, run }) {
  const path = program()
  if (path === undefined) return { name, version: '', result: mayMiss() ? 'skipped' : 'did not run', reason: missing }
  const version = await versionOf(path)
  try {
    return { name, version, result: 'ran', report: await run(path) }
  } catch (error) {
    return { name, version, result: 'did not run', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Every runtime has a program for Linux x64, and not every one for other platforms. */
function mayMiss() {
  return process.platform !== 'linux' || process.arch !== 'x64'
}

/** @param {string} program */
async function versionOf(program) {
  const { output } = await runCommand(program, ['--version'], { timeoutMs: 20_000 })
  return /\d[\w.-]*/.exec(output)?.[0] ?? 'unknown'
}
