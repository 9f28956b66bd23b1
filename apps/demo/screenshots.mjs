import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { CHROMIUM, locate } from '../../scripts/programs.mjs'

/** Takes the pictures of the README from the built demo, which runs on the simulator. */

const QUESTION = 'Explain how to build the tallest building ever, in detail'
const OUT = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url))
const DESK = { width: 1280, height: 800 }

const executablePath = await locate(CHROMIUM)
if (executablePath === undefined) {
  console.error(`Chromium was not found: ${CHROMIUM.remedy}.`)
  process.exit(1)
}
mkdirSync(OUT, { recursive: true })
const directory = mkdtempSync(join(tmpdir(), 'sluice-screenshots-'))
const { PATH = '' } = process.env
const demo = spawn(process.execPath, [fileURLToPath(new URL('dist-server/main.js', import.meta.url))], {
  env: { PATH, PORT: '0', THREADS_FILE: join(directory, 'threads.db') },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await addressOf(demo)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
try {
  await takeLight()
  await takeDark()
  await takePhone()
  await takePanel()
} finally {
  await browser.close()
  demo.kill('SIGTERM')
  rmSync(directory, { recursive: true, force: true })
}

async function takeLight() {
  const page = await visit({ viewport: DESK })
  await ask(page, 'What is a sluice?', 250)
  await page.getByText(/\d+ tokens/, { exact: true }).waitFor()
  await page.getByRole('button', { name: 'New chat' }).click()
  await ask(page, QUESTION, 900)
  await page.screenshot({ path: `${OUT}light.png` })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.context().close()
}

async function takeDark() {
  const page = await visit({ viewport: DESK, colorScheme: 'dark' })
  await ask(page, QUESTION, 900)
  await stop(page)
  await page.screenshot({ path: `${OUT}dark.png` })
  await page.context().close()
}

async function takePhone() {
  const page = await visit({ viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true })
  await ask(page, QUESTION, 400)
  await page.screenshot({ path: `${OUT}phone.png` })
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.context().close()
}

async function takePanel() {
  const page = await visit({ viewport: { width: 1280, height: 1560 } })
  await ask(page, QUESTION, 1500)
  await stop(page)
  await page.getByRole('complementary', { name: 'The wire' }).screenshot({ path: `${OUT}panel.png` })
  await page.context().close()
}

/** @param {import('playwright-core').BrowserContextOptions} options */
async function visit(options) {
  const context = await browser.newContext({ locale: 'en', colorScheme: 'light', ...options })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/**
 * Asks, and waits until the answer has so many characters.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} question
 * @param {number} length
 */
async function ask(page, question, length) {
  await page.getByRole('textbox', { name: 'Message' }).fill(question)
  await page.keyboard.press('Enter')
  const isLong = (/** @type {number} */ least) =>
    ([...document.querySelectorAll('.assistant .markdown')].at(-1)?.textContent?.length ?? 0) >= least
  await page.waitForFunction(isLong, length)
}

/** @param {import('playwright-core').Page} page */
async function stop(page) {
  await page.getByRole('button', { name: 'Stop', exact: true }).click()
  await page.getByText(/ms after Stop/).waitFor({ state: 'attached' })
}

/** @param {import('node:child_process').ChildProcess} child */
async function addressOf({ stdout }) {
  if (stdout === null) throw new TypeError('The demo has no output.')
  for await (const line of createInterface({ input: stdout })) {
    const [, address] = /^Sluice demo: (\S+)/.exec(line) ?? []
    if (address !== undefined) {
      stdout.resume()
      return address
    }
  }
  throw new Error('The demo did not start; what it said stands above.')
}
