import { simulatedAnswer } from '@sluice/simulator'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newestAnswer } from './testing/books.ts'
import { startDemo, type RunningDemo } from './testing/demo.ts'
import {
  answerOf,
  ask,
  expectSilence,
  noBrowser,
  openBrowser,
  savedTexts,
  visitDemo,
  sentences,
  type Visit,
} from './testing/visit.ts'

const LONG = 'Explain how to build the tallest building ever, in detail'

describe.skipIf(noBrowser)('the chat page, on a simulator of 50 tokens a second', () => {
  let demo: RunningDemo
  let browser: Browser
  let context: BrowserContext
  let visit: Visit

  beforeAll(async () => {
    demo = await startDemo()
    browser = await openBrowser()
  })

  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })

  beforeEach(async () => {
    context = await browser.newContext()
    visit = await visitDemo(demo, context)
  })

  afterEach(async () => {
    await context.close()
    expectSilence(visit)
  })

  it('shows the answer step by step', async () => {
    const whole = simulatedAnswer(LONG).join('')
    await ask(visit, LONG)
    const steps = [await visit.answer.innerText()]
    for (let step = 0; step < 4; step += 1) steps.push(await answerOf(visit, (steps.at(-1)?.length ?? 0) + 1))
    for (const text of steps) expect(sentences(whole).startsWith(sentences(text))).toBe(true)
    expect(steps.at(-1)?.length).toBeLessThan(whole.length / 2)
    expect(await visit.log.getAttribute('aria-busy')).toBe('true')
    await visit.stop.click()
    expect(await visit.log.getAttribute('aria-busy')).toBe('false')
  })

  it('stops everywhere when Stop is clicked: in the page, at the server and at the provider', async () => {
    await ask(visit, LONG, 200)
    await noteClicks(visit)
    await visit.stop.click()
    const frozen = await visit.log.innerHTML()
    const text = await visit.answer.innerText()
    const clickedAt = await noteOfClick(visit)

    await visit.page.waitForTimeout(1000)
    expect(await visit.log.innerHTML()).toBe(frozen)
    expect(await visit.log.innerText()).toMatch(/\nStopped\s+Copy\s+Ask again$/)
    expect(await visit.stop.count()).toBe(0)

    const { outcome, closedAt, tokenTimes, produced, billed, afterHangup } = await newestAnswer(demo)
    expect(outcome).toBe('hung-up')
    expect((closedAt ?? Infinity) - clickedAt).toBeLessThan(800)
    expect(tokenTimes.filter((time) => time > clickedAt + 800)).toEqual([])
    expect(afterHangup).toBe(0)
    expect(billed).toBe(produced)
    const written = simulatedAnswer(LONG).slice(0, produced).join('')
    expect(sentences(written).startsWith(sentences(text))).toBe(true)

    const books = await visit.meter.innerText()
    expect(books).toContain('cancelled')
    expect(books).toMatch(/closed \d{1,3} ms after Stop/)
    expect(books).toContain(`${produced}`)
  })

  it('needs no mouse: Enter sends, Shift and Enter start a line, Escape stops, and the focus stays', async () => {
    await visit.page.keyboard.type('Tell me a long story')
    await visit.page.keyboard.press('Shift+Enter')
    await visit.page.keyboard.type('about a canal')
    expect(await visit.textbox.inputValue()).toBe('Tell me a long story\nabout a canal')
    await visit.page.keyboard.press('Enter')
    await answerOf(visit, 20)
    expect(await visit.textbox.inputValue()).toBe('')
    await visit.page.keyboard.press('Escape')
    await visit.page.getByText('Stopped', { exact: true }).waitFor()
    await visit.page.keyboard.type('Thanks')
    expect(await visit.textbox.inputValue()).toBe('Thanks')
    expect(await visit.send.isEnabled()).toBe(true)
  })

  it('answers the next question after a stop', async () => {
    await ask(visit, LONG, 50)
    await visit.stop.click()
    await ask(visit, 'Hello')
    await visit.page.waitForFunction(() => document.querySelector('[role=log]')?.getAttribute('aria-busy') === 'false')
    expect((await savedTexts(visit)).at(-1)).toBe(simulatedAnswer('Hello').join(''))
    expect(await visit.page.getByText('Stopped', { exact: true }).count()).toBe(1)
  })

  it('follows the text, unless its reader scrolled away', async () => {
    await visit.page.setViewportSize({ width: 375, height: 500 })
    await ask(visit, LONG, 450)
    const scroller = visit.page.locator('.scroller')
    const distance = () => scroller.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
    expect(await distance()).toBeLessThan(30)
    await scroller.hover()
    await visit.page.mouse.wheel(0, -120)
    await visit.page.getByRole('button', { name: 'Jump to the newest' }).waitFor()
    const top = await scroller.evaluate((box) => box.scrollTop)
    await answerOf(visit, (await visit.answer.innerText()).length + 60)
    expect(Math.abs((await scroller.evaluate((box) => box.scrollTop)) - top)).toBeLessThan(2)
    await visit.page.getByRole('button', { name: 'Jump to the newest' }).click()
    expect(await distance()).toBeLessThan(30)
    const sideways = () => document.documentElement.scrollWidth > document.documentElement.clientWidth
    expect(await visit.page.evaluate(sideways)).toBe(false)
    await visit.stop.click()
  })
})

/** Notes the instant of each click, by the page's clock and before the page itself hears of it. */
function noteClicks({ page }: Visit): Promise<void> {
  return page.evaluate(() => {
    const note = (): void => void (document.documentElement.dataset['clickedAt'] = `${Date.now()}`)
    addEventListener('click', note, { capture: true })
  })
}

async function noteOfClick({ page }: Visit): Promise<number> {
  return Number(await page.evaluate(() => document.documentElement.dataset['clickedAt']))
}
