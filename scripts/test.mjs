/**
 * Runs every package's tests and these scripts' own, and sums up what their reports say. The last line of the output is
 * `N passed, N failed, N skipped`; the exit code is 0 only if something ran, nothing failed and, under `CI`, nothing was
 * skipped.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { sumReports } from './test-sum.mjs'
import { readTools } from './tools.mjs'
import { underCi } from './under-ci.mjs'
import { ROOT, workspacePackages } from './workspace.mjs'

/** @param {string} directory */
const reportFolder = (directory) => join(directory, '.vitest')

/**
 * @param {{ readonly name: string, readonly directory: string }} tested
 * @returns {import('./test-sum.mjs').PackageRun}
 */
function readRun({ name, directory }) {
  try {
    return { name, report: JSON.parse(readFileSync(join(reportFolder(directory), 'report.json'), 'utf8')) }
  } catch {
    return { name, report: undefined }
  }
}

/** @returns {Promise<boolean>} whether every task succeeded */
async function runTests() {
  // Two vitest runs on two cores would disturb each other's clocks, and some tests measure tens of milliseconds.
  const concurrency = Math.max(1, Math.floor(availableParallelism() / 2))
  const tasks = ['test', 'test:scripts']
  const options = ['--continue=dependencies-successful', `--concurrency=${concurrency}`]
  const { chromium: CHROMIUM_PATH, redisServer: REDIS_SERVER } = readTools()
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', CHROMIUM_PATH, REDIS_SERVER }
  const runner = spawn('pnpm', ['exec', 'turbo', 'run', ...tasks, ...options], { cwd: ROOT, env, stdio: 'inherit' })
  const [code] = await once(runner, 'close')
  return code === 0
}

const packages = await workspacePackages()
const tested = [...packages.filter(({ hasTests }) => hasTests), { name: 'scripts', directory: join(ROOT, 'scripts') }]
for (const { directory } of tested) rmSync(reportFolder(directory), { recursive: true, force: true })

const succeeded = await runTests()
const sum = sumReports(tested.map(readRun), { runnerFailed: !succeeded, ci: underCi(process.env) })

console.log()
for (const failure of sum.failures) console.log(`FAILED ${failure.replaceAll(join(ROOT, '/'), '')}`)
for (const objection of sum.objections) console.log(`NOT A SUCCESS: ${objection}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
if (sum.failed > 0 || sum.objections.length > 0) process.exitCode = 1
