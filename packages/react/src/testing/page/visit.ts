import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'

const CHROMIUM = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
)

/** Why no test can run here; `false` where a browser was found. For `describe.skipIf`. */
export const noBrowser: boolean = CHROMIUM === undefined
if (noBrowser) console.warn('Skipped: no Chromium was found. Set CHROMIUM_PATH to one.')

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: ['--no-sandbox'] })
}

/** A tab with the page, as a person sees it. */
export interface Visit {
  readonly page: Page
  /** The newest answer. */
  readonly answer: Locator
  readonly alert: Locator
  /** Errors and warnings of the console, and uncaught exceptions. */
  readonly complaints: readonly string[]
  send(text: string): Promise<void>
  click(button: string): Promise<void>
  /** The text of the newest answer. */
  text(): Promise<string>
  /** Waits until the newest answer has at least `length` characters, and gives them. */
  grown(length: number): Promise<string>
  /** Waits for the run's state. */
  reaches(runState: string): Promise<void>
  /** Waits until the newest answer ended so. */
  ended(outcome: string): Promise<void>
}

export async function visitPage(context: BrowserContext, address: string): Promise<Visit> {
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('console', (entry) => {
    if (entry.type() === 'error' || entry.type() === 'warning') complaints.push(entry.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(address)
  const answer = page.getByRole('article', { name: 'assistant' }).last()
  const text = async (): Promise<string> => (await answer.locator('p').textContent()) ?? ''
  return {
    page,
    answer,
    alert: page.getByRole('alert'),
    complaints,
    async send(prompt) {
      await page.getByRole('textbox', { name: 'Message' }).fill(prompt)
      await page.getByRole('button', { name: 'Send', exact: true }).click()
    },
    click: (name) => page.getByRole('button', { name, exact: true }).click(),
    text,
    async grown(length) {
      await page.waitForFunction(
        (least) =>
          ([...document.querySelectorAll('[aria-label=assistant] p')].at(-1)?.textContent?.length ?? 0) >= least,
        length,
      )
      return text()
    },
    async reaches(runState) {
      await page.locator(`section[data-run-state=${runState}]`).waitFor()
    },
    async ended(outcome) {
      await page.locator(`article[aria-label=assistant][data-outcome=${outcome}]`).last().waitFor()
    },
  }
}

/** Nothing was complained of in the tab's console, and nothing was thrown. */
export function expectSilence({ complaints }: Visit): void {
  expect(complaints).toEqual([])
}
