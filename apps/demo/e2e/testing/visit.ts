import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core'
import { expect } from 'vitest'
import type { RunningDemo } from './demo.ts'

const CHROMIUM = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
)

/** Why no test can run here; `false` where a browser was found. For `describe.skipIf`. */
export const noBrowser: boolean = CHROMIUM === undefined
if (noBrowser) console.warn('Skipped: no Chromium was found. Set CHROMIUM_PATH to one.')

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }), args: ['--no-sandbox'] })
}

/** One tab with the demo, as a person sees it, and what the person does not see. */
export interface Visit {
  readonly page: Page
  readonly textbox: Locator
  readonly send: Locator
  readonly stop: Locator
  readonly log: Locator
  readonly meter: Locator
  /** The text of the newest answer. */
  readonly answer: Locator
  /** Errors and warnings of the console, and uncaught exceptions. */
  readonly complaints: readonly string[]
  /** Everything that the page received: headers and bodies. Waits for what is still on its way. */
  received(): Promise<string>
}

/** Opens the demo in a tab: of a browser of its own, or of `context`, which shares the browser's storage. */
export async function visitDemo(demo: RunningDemo, context: BrowserContext, address = demo.url): Promise<Visit> {
  const page = await context.newPage()
  page.setDefaultTimeout(20_000) // less than a test has, so that a failure tells what was waited for
  const complaints: string[] = []
  const responses: Promise<string>[] = []
  page.on('console', (entry) => {
    if (entry.type() === 'error' || entry.type() === 'warning') complaints.push(entry.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('response', (response) => {
    const headers = JSON.stringify(response.headers())
    responses.push(
      response.text().then(
        (body) => headers + body,
        () => headers,
      ),
    )
  })
  await page.goto(address)
  const textbox = page.getByRole('textbox', { name: /^(Message|消息)$/ })
  await textbox.waitFor()
  return {
    page,
    textbox,
    send: page.getByRole('button', { name: 'Send', exact: true }),
    stop: page.getByRole('button', { name: 'Stop', exact: true }),
    log: page.getByRole('log'),
    meter: page.getByRole('region', { name: 'What the provider saw' }),
    answer: page.getByRole('article', { name: 'Answer' }).last().locator('.text'),
    complaints,
    received: async () => (await Promise.all(responses)).join('\n'),
  }
}

/** Asks, and waits until the answer has at least `length` characters. */
export async function ask(visit: Visit, prompt: string, length = 1): Promise<void> {
  await visit.textbox.fill(prompt)
  await visit.send.click()
  await answerOf(visit, length)
}

/** Waits until the newest answer has at least `length` characters, and gives it. */
export async function answerOf({ page, answer }: Visit, length: number): Promise<string> {
  const isLong = (least: number): boolean =>
    ([...document.querySelectorAll('[aria-label=Answer] .text')].at(-1)?.textContent.length ?? 0) >= least
  await page.waitForFunction(isLong, length)
  return await answer.innerText()
}

/** The texts of a conversation as the server has them, Markdown and all, once every answer has its end there. */
export async function savedTexts(visit: Visit | { readonly address: string }): Promise<readonly string[]> {
  const { origin, hash } = new URL('address' in visit ? visit.address : visit.page.url())
  const response = await fetch(`${origin}/threads/${hash.slice(1)}`)
  const { messages }: { readonly messages: readonly { text: string; role: string; outcome: unknown }[] } =
    await response.json()
  if (messages.every(({ role, outcome }) => role === 'user' || outcome !== null))
    return messages.map(({ text }) => text)
  await new Promise((resolve) => setTimeout(resolve, 50))
  return savedTexts(visit)
}

/** Waits until an answer is there and nothing runs any more. */
export async function untilQuiet({ page }: Pick<Visit, 'page'>): Promise<void> {
  await page.waitForFunction(() => {
    const log = document.querySelector('[role=log]')
    return log?.querySelector('[aria-label=Answer]') != null && log.getAttribute('aria-busy') === 'false'
  })
}

/** The numbers of the simulator's sentences, which a rendering keeps: none may be missing, and none be there twice. */
export function sentences(text: string): string {
  return (text.match(/\[\d+\]/g) ?? []).join('')
}

/** Nothing was complained of in the tab's console, and nothing was thrown. */
export function expectSilence({ complaints }: Visit): void {
  expect(complaints).toEqual([])
}
