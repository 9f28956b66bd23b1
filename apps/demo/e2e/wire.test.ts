import { simulatedAnswer } from '@sluice/simulator'
import { describe, expect, it } from 'vitest'
import { newestAnswer } from './testing/books.ts'
import { onDemo } from './testing/on-demo.ts'
import { answerOf, ask, noBrowser, savedTexts, untilQuiet, type Visit } from './testing/visit.ts'

const LONG = 'Tell me a long story about a canal'

describe.skipIf(noBrowser)('the wire, beside the conversation', () => {
  const on = onDemo(() => ({ SIMULATOR_TOKENS_PER_SECOND: '200' }))
  const lit = ({ page }: Visit, state: string) => page.locator(`.state.lit[data-state=${state}]`).waitFor()
  const choose = ({ page }: Visit, fault: string) => page.getByLabel('The next answer').selectOption(fault)

  it('shows the state, the events, the pace and what Stop saved', async () => {
    const visit = await on.visit()
    const { page, meter } = visit
    await ask(visit, LONG, 400)
    await lit(visit, 'streaming')
    expect(await page.getByRole('region', { name: 'The stream' }).innerText()).toMatch(/first token\s+\d+ ms/)
    await page.locator('.plot canvas').waitFor()
    await visit.stop.click()
    await lit(visit, 'cancelled')
    await meter.getByText(/closed \d+ ms after Stop/).waitFor()
    expect(await meter.innerText()).toMatch(/Saved by Stop\s+[\d,]+ tokens, \$0\.\d+/)
    const { produced, billed } = await newestAnswer(on.demo)
    await meter.getByText(`${produced}`, { exact: true }).first().waitFor()
    expect(billed).toBe(produced)
    const events = await page.getByRole('list', { name: 'The newest events' }).innerText()
    expect(events).toContain('[DONE]')
    expect(events).toMatch(/^\d+$/m)
    expect(events).toContain('chat.completion.chunk')
  })

  it('shows that the naive way bills on', async () => {
    const visit = await on.visit()
    const { page } = visit
    await page.getByRole('switch', { name: 'Stop the naive way' }).check()
    await ask(visit, LONG, 200)
    await visit.stop.click()
    await page.getByText('This page stopped reading').waitFor()
    const before = (await newestAnswer(on.demo)).produced
    await page.getByText('it writes on, and bills').waitFor()
    await page.getByText('the model wrote the whole answer').waitFor()
    const { produced, outcome } = await newestAnswer(on.demo)
    expect(outcome).toBe('finished')
    expect(produced).toBeGreaterThan(before)
  })

  it('recovers the exact text from connections that are dropped, and from being offline', async () => {
    const visit = await on.visit()
    const { page } = visit
    await ask(visit, LONG, 200)
    await page.getByRole('button', { name: 'Drop the connection' }).click()
    await answerOf(visit, 600)
    await page.getByRole('button', { name: 'Go offline' }).click()
    await lit(visit, 'reconnecting')
    await page.getByRole('button', { name: 'Go online' }).click()
    await untilQuiet(visit)
    await lit(visit, 'completed')
    expect((await savedTexts(visit)).at(-1)).toBe(simulatedAnswer(LONG).join(''))
    const copied = await page.evaluate(() =>
      document
        .querySelector('.assistant .text')
        ?.textContent.match(/\[\d+\]/g)
        ?.join(''),
    )
    expect(copied).toBe(
      simulatedAnswer(LONG)
        .join('')
        .match(/\[\d+\]/g)
        ?.join(''),
    )
    expect(await page.getByRole('region', { name: 'The stream' }).innerText()).toMatch(/Connections\s+3/)
  })

  it.each([
    ['cut', /broke|ended|closed/i],
    ['error', /reported an error/],
    ['rate-limit', /Wait \d+ s, then press “Ask again”|Wait a moment/],
  ])('tells the fault %s in a sentence, and the next answer comes as it should', async (fault, sentence) => {
    const visit = await on.visitLoudly()
    await choose(visit, fault)
    await visit.textbox.fill('Hello')
    await visit.send.click()
    await visit.page.locator('.mark.broken').waitFor()
    expect(await visit.page.locator('.mark.broken').innerText()).toMatch(sentence)
    await choose(visit, '')
    await visit.page.getByRole('button', { name: 'Ask again' }).click()
    await visit.page.locator('.mark.broken').waitFor({ state: 'detached' })
    await lit(visit, 'completed')
  })

  it.each(['malformed', 'no-done', 'slow'])('bears the fault %s', async (fault) => {
    const visit = await on.visit()
    await choose(visit, fault)
    await ask(visit, 'Hello')
    await lit(visit, 'completed')
    expect((await savedTexts(visit)).at(-1)).toBe(simulatedAnswer('Hello').join(''))
  })

  it('lets a stalled answer be stopped', async () => {
    const visit = await on.visit()
    await choose(visit, 'stall')
    await ask(visit, 'Hello', 100)
    await visit.page.keyboard.press('Escape')
    await visit.log.getByText('Stopped', { exact: true }).waitFor()
    await lit(visit, 'cancelled')
    expect(await visit.stop.count()).toBe(0)
  })

  it('refuses a message that is too long, and keeps it', async () => {
    const visit = await on.visit()
    await visit.textbox.fill('x'.repeat(200_001))
    await visit.page.getByText('The message has 200,001 characters').waitFor()
    expect(await visit.send.isDisabled()).toBe(true)
    expect((await visit.textbox.inputValue()).length).toBe(200_001)
  })
})
