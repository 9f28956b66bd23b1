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
  untilQuiet,
  visitDemo,
  sentences,
  type Visit,
} from './testing/visit.ts'

const LONG = 'Tell me a long story about a canal'
const WHOLE = simulatedAnswer(LONG).join('')

describe.skipIf(noBrowser)('the chat page, reloaded and shared, on a simulator of 300 tokens a second', () => {
  let demo: RunningDemo
  let browser: Browser
  let context: BrowserContext
  let visit: Visit

  beforeAll(async () => {
    demo = await startDemo({ SIMULATOR_TOKENS_PER_SECOND: '300' })
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

  it('goes on after each of several reloads, without a lost or doubled token', async () => {
    await ask(visit, LONG, 100)
    for (const length of [600, 1400, 2600]) {
      await visit.page.reload()
      const text = await answerOf(visit, length)
      expect(sentences(text).length).toBeLessThan(sentences(WHOLE).length)
    }
    await untilQuiet(visit)
    expect((await savedTexts(visit)).at(-1)).toBe(WHOLE)
    expect(sentences(await visit.answer.innerText())).toBe(sentences(WHOLE))
    expect(await visit.page.getByRole('article').count()).toBe(2)
    expect(await newestAnswer(demo)).toMatchObject({ prompt: LONG, outcome: 'finished' })
  })

  it('still shows a conversation that has ended, its stopped answer as it was', async () => {
    await ask(visit, 'Hello')
    await untilQuiet(visit)
    await ask(visit, LONG, 300)
    await visit.stop.click()
    await visit.page.getByText('Stopped', { exact: true }).waitFor()
    await visit.page.waitForFunction(() => document.querySelector('.state.lit')?.textContent === 'cancelled')
    const texts = () => visit.page.locator('article .text, article .mark').allInnerTexts()
    const before = await texts()
    await visit.page.reload()
    await visit.page.getByText('Stopped', { exact: true }).waitFor()
    await visit.page.locator('.markdown').last().waitFor()
    const after = await texts()
    // The server may have had a few tokens more than the page that stopped it.
    expect(after.map((text, i) => text.slice(0, before[i]?.trimEnd().length))).toEqual(
      before.map((text) => text.trimEnd()),
    )
    expect(await visit.meter.innerText()).toContain('cancelled')
    expect(before).toHaveLength(5)
    expect(await visit.stop.count()).toBe(0)
  })

  it('joins the answer in a second tab and on a second device, and a stop in one ends all', async () => {
    // At a tenth of the pace, so that it still runs when the third of them has joined.
    await visit.page.getByLabel('Model').selectOption('simulator/slow')
    await ask(visit, LONG, 100)
    const tab = await visitDemo(demo, context, visit.page.url())
    const device = await visitDemo(demo, await browser.newContext(), visit.page.url())
    const others = [tab, device]
    for (const other of others) await answerOf(other, 200)
    await tab.stop.click()
    for (const { page } of [visit, ...others]) await page.getByText('Stopped', { exact: true }).waitFor()

    const frozen = await tab.answer.innerText()
    expect(sentences(WHOLE).startsWith(sentences(frozen))).toBe(true)
    for (const { answer, stop, page, complaints } of [visit, device]) {
      // Tokens that crossed the stop on the wire may have reached the other viewers.
      expect(sentences(await answer.innerText())).toContain(sentences(frozen))
      expect(sentences(WHOLE).startsWith(sentences(await answer.innerText()))).toBe(true)
      expect(await stop.count()).toBe(0)
      expect(await page.getByRole('article', { name: 'You' }).locator('.text').allInnerTexts()).toEqual([LONG])
      expect(complaints).toEqual([])
    }
    expectSilence(tab)
    expect(await newestAnswer(demo)).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
    await device.page.context().close()
  })

  it('leaves a running answer for a new chat without stopping it, and Back leads to it again', async () => {
    await ask(visit, LONG, 100)
    await visit.page.getByRole('button', { name: 'New chat' }).click()
    await visit.page.getByText('Ask for something long.').waitFor()
    expect(await visit.page.getByRole('article').count()).toBe(0)
    await visit.page.goBack()
    await answerOf(visit, 600)
    await untilQuiet(visit)
    expect(sentences(await visit.answer.innerText())).toBe(sentences(WHOLE))
  })
})
