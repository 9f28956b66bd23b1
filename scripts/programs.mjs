import { executablesIn, firstThatRuns } from './find-program.mjs'

/**
 * A program that the tests need and npm does not bring.
 *
 * @typedef {object} Program
 * @property {string} title
 * @property {string} variable the environment variable that names it, before every other place
 * @property {() => Promise<readonly string[]> | readonly string[]} places where it may be, the best first
 * @property {string} aptPackage
 * @property {string} [service] what that package starts on its own
 * @property {string} skipped what cannot be tested without it
 * @property {string} remedy
 */

/** @type {Program} */
export const CHROMIUM = {
  title: 'Chromium',
  variable: 'CHROMIUM_PATH',
  places: async () => [
    ...(await playwrightBrowser()),
    ...onPath('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
    '/usr/bin/chromium-headless-shell',
    '/usr/bin/chromium',
    '/opt/google/chrome/chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ],
  aptPackage: 'chromium-headless-shell',
  skipped: 'the end-to-end tests',
  remedy: 'install Google Chrome or Chromium, or set CHROMIUM_PATH to one',
}

/** @type {Program} */
export const REDIS_SERVER = {
  title: 'redis-server',
  variable: 'REDIS_SERVER',
  places: () => [
    ...onPath('redis-server', 'valkey-server'),
    '/usr/bin/redis-server',
    '/opt/homebrew/bin/redis-server',
    '/usr/local/bin/redis-server',
    '/opt/homebrew/bin/valkey-server',
    '/usr/local/bin/valkey-server',
  ],
  aptPackage: 'redis-server',
  service: 'redis-server',
  skipped: 'the Redis tests',
  remedy: '`brew install redis` on macOS, `apt-get install redis-server` on Debian, or set REDIS_SERVER to one',
}

/**
 * The absolute path of a program that runs, or nothing.
 *
 * @param {Program} program
 * @returns {Promise<string | undefined>}
 * @throws {Error} when the program's environment variable names something that does not run
 */
export async function locate({ title, variable, places }) {
  const chosen = process.env[variable] ?? ''
  if (chosen === '') return firstThatRuns(await places())
  const path = await firstThatRuns([chosen])
  if (path !== undefined) return path
  throw new Error(
    `${variable} should be the path of ${title}, but ${chosen} does not run. Correct it, or unset it to let setup look elsewhere.`,
  )
}

/** @param {...string} names */
function onPath(...names) {
  return executablesIn(names, process.env['PATH'] ?? '')
}

/** @returns {Promise<readonly string[]>} where Playwright keeps a browser of its own, if this system can have one */
async function playwrightBrowser() {
  try {
    const { chromium } = await import('playwright-core')
    return [chromium.executablePath()]
  } catch {
    return []
  }
}
