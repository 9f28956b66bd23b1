import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT, RUNTIMES } from './places.mjs'

const PNPM = ['npx', '-y', 'pnpm@12.21.0']

/**
 * Builds core, which installs the workspace where that was not done; installs this folder; looks for a browser. Each
 * takes a second or two when there is nothing to do.
 *
 * @throws {Error} when core cannot be built or this folder not be installed
 */
export async function prepare() {
  console.log('runtimes: building core')
  const built = await run([...PNPM, 'exec', 'turbo', 'run', 'build', '--filter=@sluice/core'], ROOT)
  if (!built) throw new Error('core was not built, so there is nothing to run; what went wrong stands above.')

  console.log('runtimes: installing the runtimes (the first time, about 350 MB are downloaded)')
  const installed = await run([...PNPM, 'install', '--frozen-lockfile'], RUNTIMES)
  if (!installed) throw new Error('the runtimes were not installed; what went wrong stands above.')

  // Its exit code does not matter here: what it did not find is missing in the table.
  await run(['node', 'scripts/setup.mjs'], ROOT)
}

/**
 * @param {readonly string[]} words
 * @param {string} cwd
 * @returns {Promise<boolean>} whether it succeeded
 */
async function run([command = '', ...args], cwd) {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] })
  const [code] = await once(child, 'close')
  return code === 0
}
