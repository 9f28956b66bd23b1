import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { BUILT_SUITE, coreEntries } from './places.mjs'

/** @typedef {import('./suite/check.ts').SuiteReport} SuiteReport */

/** A secure context without a certificate. Nothing listens there: the requests are answered here. */
const ORIGIN = 'http://localhost'

/**
 * Runs the suite in a page, with an import map in place of a bundler.
 *
 * @param {string} executablePath
 * @param {{ readonly timeoutMs: number }} options
 * @returns {Promise<SuiteReport>}
 * @throws {Error} when the page does not load, or its suite does not end within `timeoutMs`
 */
export async function runInChromium(executablePath, { timeoutMs }) {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const patience = new AbortController()
  try {
    return await Promise.race([runInPage(await browser.newPage()), tooLate(timeoutMs, patience.signal)])
  } finally {
    patience.abort()
    await browser.close()
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<SuiteReport>}
 */
async function runInPage(page) {
  await page.route(`${ORIGIN}/**`, (route) => route.fulfill(answerTo(new URL(route.request().url()).pathname)))
  await page.goto(ORIGIN)
  return page.evaluate(async () => {
    const address = '/suite.js'
    /** @type {{ readonly runSuite: () => Promise<SuiteReport> }} */
    const { runSuite } = await import(address)
    return runSuite()
  })
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal ends the waiting
 * @returns {Promise<never>}
 */
async function tooLate(ms, signal) {
  await setTimeout(ms, undefined, { signal })
  throw new Error(`it did not end within ${ms / 1000} s`)
}

/** @param {string} path of the request */
function answerTo(path) {
  if (path === '/') return { contentType: 'text/html', body: documentWithCore() }
  const file = join(BUILT_SUITE, path)
  return existsSync(file) ? { contentType: 'text/javascript', body: readFileSync(file) } : { status: 404 }
}

function documentWithCore() {
  const imports = Object.fromEntries(coreEntries().map(({ name, file }) => [name, `/${file}`]))
  return `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script>`
}
