import { describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from './testing/demo.ts'
import { onDemo } from './testing/on-demo.ts'
import { ask, noBrowser, openBrowser, savedTexts, untilQuiet, visitDemo, type Visit } from './testing/visit.ts'

describe.skipIf(noBrowser)('the list of conversations', () => {
  const on = onDemo(() => ({ SIMULATOR_TOKENS_PER_SECOND: '1000' }))
  const titles = ({ page }: Visit) => page.getByRole('navigation').getByRole('link').allInnerTexts()

  it('holds each conversation, newest first, for every browser; one can be renamed, and deleted for good', async () => {
    const visit = await on.visit()
    const { page } = visit
    for (const question of ['First question', 'Second question']) {
      await page.getByRole('button', { name: 'New chat' }).click()
      await ask(visit, question)
      await untilQuiet(visit)
    }
    await page.getByRole('link', { name: 'Second question' }).waitFor()
    expect(await titles(visit)).toEqual(['Second question', 'First question'])

    const other = await on.visit()
    await other.page.getByRole('link', { name: 'First question' }).click()
    await other.answer.waitFor()
    expect(await other.page.getByRole('article').count()).toBe(2)

    await page.getByRole('link', { name: 'Second question' }).hover()
    await page.getByRole('button', { name: 'Rename “Second question”' }).click()
    await page.getByRole('textbox', { name: 'Title' }).fill('Gates')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'Gates' }).waitFor()
    await page.getByRole('link', { name: 'Gates' }).hover()
    await page.getByRole('button', { name: 'Delete “Gates”' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('Ask for something long.').waitFor()
    expect(await titles(visit)).toEqual(['First question'])
    await page.goBack()
    await page.getByText('Ask for something long.').waitFor()
    expect(await page.getByRole('article').count()).toBe(0)
  })

  it('leads to nothing but a sentence where an address is of no conversation', async () => {
    const visit = await on.visit({}, `${on.demo.url}/#no-such-conversation-here`)
    await visit.page.getByText('Ask something to begin one here, or choose one from the list.').waitFor()
    expect(await visit.send.count()).toBe(1)
  })

  it('has the answer that nobody watched to its end', async () => {
    const visit = await on.visit()
    await ask(visit, 'Tell me a long story about a canal')
    const address = visit.page.url()
    await visit.page.goto('about:blank')
    const saved = await savedTexts({ address })
    const again = await on.visit({}, address)
    await untilQuiet(again)
    expect((await savedTexts(again)).at(-1)).toBe(saved.at(-1))
    expect(saved.at(-1)?.length).toBeGreaterThan(2000)
  })

  it('keeps what is typed, and what waits for its turn, over a reload', async () => {
    const visit = await on.visit()
    await visit.page.getByLabel('Model').selectOption('simulator/stall')
    await ask(visit, 'Hello')
    await visit.textbox.fill('And then?')
    await visit.page.keyboard.press('Enter')
    await visit.page.getByText('Waits for its turn: And then?').waitFor()
    await visit.textbox.fill('Half a sent')
    await visit.page.reload()
    await visit.page.waitForFunction(() => document.querySelector('textarea')?.value === 'And then?\n\nHalf a sent')
    expect(await visit.page.getByText('Waits for its turn').count()).toBe(0)
    await visit.stop.click()
  })
})

describe.skipIf(noBrowser)('a restarted demo', () => {
  it('shows the same conversation', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-restart-'))
    const environment = { SIMULATOR_TOKENS_PER_SECOND: '1000', THREADS_FILE: join(directory, 'threads.db') }
    const browser = await openBrowser()
    const first = await startDemo(environment)
    const visit = await visitDemo(first, await browser.newContext())
    await ask(visit, 'What is a sluice?')
    await untilQuiet(visit)
    const before = await savedTexts(visit)
    expect(await first.close()).toBe(0)
    const second = await startDemo(environment)
    const again = await visitDemo(second, await browser.newContext(), second.url + new URL(visit.page.url()).hash)
    await again.answer.waitFor()
    expect(await savedTexts(again)).toEqual(before)
    expect(await again.page.getByRole('article').count()).toBe(2)
    await browser.close()
    await second.close()
    rmSync(directory, { recursive: true })
  })
})
