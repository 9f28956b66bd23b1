import { readTools } from '../scripts/tools.mjs'
import { CHROMIUM } from '../scripts/programs.mjs'
import { runCommand } from '../scripts/run-command.mjs'
import { WORKERD_CONFIG } from './build-suite.mjs'
import { runInChromium } from './chromium.mjs'
import { BUILT_SUITE, RUNTIMES, packageFile } from './places.mjs'

/** @typedef {import('./suite/check.ts').SuiteReport} SuiteReport */

/**
 * @typedef {object} Runtime
 * @property {string} name
 * @property {() => string | undefined} program its absolute path; undefined where there is none for this platform
 * @property {string} missing why there is none, and what to do
 * @property {(program: string) => Promise<SuiteReport>} run rejects when the suite did not run to its end
 */

/** The slowest takes 4 s on an idle machine. */
const TIMEOUT_MS = 180_000

const MAIN = `${BUILT_SUITE}/main.js`

/** @type {readonly Runtime[]} */
export const RUNTIMES_TO_RUN = [
  { name: 'Node.js, this one', program: () => process.execPath, missing: '', run: withArguments(MAIN) },
  ...['20', '22', '24', '26'].map((major) => ({
    name: `Node.js ${major}`,
    ...installed(`node-${major}`, 'bin/node'),
    run: withArguments(MAIN),
  })),
  // Without a question and without any permission: the suite needs none.
  { name: 'Deno', ...installed('deno', 'deno'), run: withArguments('run', '--no-prompt', MAIN) },
  { name: 'Bun', ...installed('bun', 'bin/bun'), run: withArguments(MAIN) },
  { name: 'workerd', ...installed('workerd', 'bin/workerd'), run: withArguments('test', WORKERD_CONFIG) },
  {
    name: 'Chromium',
    program: () => readTools().chromium,
    missing: `found none; to have it: ${CHROMIUM.remedy}`,
    run: (program) => runInChromium(program, { timeoutMs: TIMEOUT_MS }),
  },
]

/**
 * @param {string} packageName
 * @param {string} file
 */
function installed(packageName, file) {
  const platform = `${process.platform}-${process.arch}`
  return {
    program: () => packageFile(packageName, file),
    missing: `the package \`${packageName}\` in package.json has no program for ${platform}`,
  }
}

/**
 * Runs a program that prints the report.
 *
 * @param {...string} args
 * @returns {Runtime['run']}
 */
function withArguments(...args) {
  return async (program) => {
    const { code, output } = await runCommand(program, args, { cwd: RUNTIMES, timeoutMs: TIMEOUT_MS })
    const line = output.split('\n').find((text) => text.startsWith('{"passed":'))
    const printed = `. It printed:\n${output.slice(-2000)}`
    if (line === undefined) {
      const within = `exit code ${code}, stopped after ${TIMEOUT_MS / 1000} s at the latest`
      throw new Error(`it ended without a report (${within})${printed}`)
    }
    /** @type {SuiteReport} */
    const report = JSON.parse(line)
    if (code !== 0 && report.failed === 0) throw new Error(`it ended with exit code ${code} after its report${printed}`)
    return report
  }
}
