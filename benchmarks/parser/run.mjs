/**
 * Measures the parser against eventsource-parser and prints a table. In benchmarks/:
 *
 *     node parser/run.mjs                                 this Node.js
 *     node parser/run.mjs --node <path> [--node <path>]   others
 *     node parser/run.mjs --matrix                        the pinned ones; writes parser/RESULTS.md
 *     node parser/run.mjs --only <text>                   only the lines whose name holds the text
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { requireBuilt } from '../built.mjs'
import { reportOf, rowOf } from './report.mjs'
import { LINES } from './workloads.mjs'

/** @typedef {import('./measure.mjs').Measured} Measured */
/** @typedef {import('./workloads.mjs').Line} Line */
/** @typedef {{ readonly line: Line, readonly measured: Measured }} Result */
/** @typedef {{ readonly version: string, readonly results: readonly Result[] }} Runtime `version`: of Node.js, as 24.1.0 */

const PINNED = ['node-20', 'node-24']

const run = promisify(execFile)
/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [] },
    matrix: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
})

/**
 * Every line has a process of its own, so that none depends on what an engine learned from those before.
 *
 * @param {string} node
 * @param {readonly Line[]} lines
 * @returns {Promise<Runtime>}
 */
async function measureOn(node, lines) {
  const { stdout } = await run(node, ['--version'])
  const version = stdout.trim().slice(1)
  console.log(`Node.js ${version}`)
  const results = []
  for (const line of lines) {
    const measured = await run(node, [here('measure.mjs'), line.name])
    results.push({ line, measured: JSON.parse(measured.stdout) })
    console.log(results.slice(-1).map((result) => `  ${rowOf(version, result).join(' · ')}`)[0])
  }
  return { version, results }
}

requireBuilt(['@sluice/core/sse', 'eventsource-parser'])
if (values.matrix) requireBuilt(PINNED.map((name) => `${name}/package.json`))

const pinned = values.matrix ? PINNED.map((name) => here(`../node_modules/${name}/bin/node`)) : []
const nodes = [...pinned, ...values.node]
const lines = LINES.filter(({ name }) => name.includes(values.only))

const runtimes = []
for (const node of nodes.length > 0 ? nodes : [process.execPath]) runtimes.push(await measureOn(node, lines))

const report = reportOf(runtimes, { cpu: cpus(), date: new Date() })
console.log(`\n${report}`)
if (values.matrix && values.only === '') writeFileSync(here('RESULTS.md'), report)
