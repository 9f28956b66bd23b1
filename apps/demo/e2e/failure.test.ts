import { createServer } from 'node:net'
import { createSimulator, SIMULATED_SECRET } from '@sluice/simulator'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemo } from './testing/demo.ts'
import { ask, noBrowser, openBrowser, untilQuiet, visitDemo, type Visit } from './testing/visit.ts'

const KEY = 'sk-of-the-demo-8c1f0a'

describe.skipIf(noBrowser)('the chat page, on a provider behind a key', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await openBrowser()
  })

  afterAll(() => browser?.close())

  it('says in a sentence that the provider cannot be reached, and keeps what was typed', async () => {
    const baseURL = `http://127.0.0.1:${await closedPort()}/v1`
    const demo = await startDemo({ SLUICE_BASE_URL: baseURL, SLUICE_API_KEY: KEY })
    const visit = await visitDemo(demo, await browser.newContext())
    await visit.textbox.fill('Is anybody there?')
    await visit.send.click()
    await visit.page.locator('.mark.broken').waitFor()
    expect(await visit.page.locator('.mark.broken').innerText()).toMatch(
      /^The provider could not be reached.* Press “Ask again” once it can be reached\.$/,
    )
    await visit.page.reload()
    await visit.page.getByText('Is anybody there?').last().waitFor()
    await visit.page.getByRole('button', { name: 'Ask again' }).waitFor()
    await expectNoSecret(visit, demo.terminal())
    expect(demo.terminal()).toContain(new URL(baseURL).host)
    // Chromium itself complains of each answer outside 2xx.
    expect(visit.complaints.filter((text) => !text.includes('status of 502'))).toEqual([])
    expect(await demo.close()).toBe(0)
  })

  it('shows a refused key as a sentence, and neither the key nor the words of the provider', async () => {
    const simulator = await createSimulator({ scenario: 'unauthorized' })
    const demo = await startDemo({ SLUICE_BASE_URL: simulator.url, SLUICE_API_KEY: KEY })
    const visit = await visitDemo(demo, await browser.newContext())
    await visit.textbox.fill('Hello')
    await visit.send.click()
    await visit.page.locator('.mark.broken').waitFor()
    expect(await visit.page.locator('.mark.broken').innerText()).toMatch(/Check the API key/)
    await expectNoSecret(visit, demo.terminal())
    await demo.close()
    await simulator.close()
  })

  it('offers the models of every provider, and says what to do about a wrong key and an unknown model', async () => {
    const [one, two] = [await createSimulator(), await createSimulator({ apiKey: 'another-key' })]
    const demo = await startDemo({
      SLUICE_BASE_URL: one.url,
      SLUICE_MODEL: 'simulator/unknown',
      SLUICE_BASE_URL_2: two.url.replace('127.0.0.1', 'localhost'),
      SLUICE_API_KEY_2: KEY,
      SLUICE_MODEL_2: 'gate-1',
    })
    const { page, textbox, send } = await visitDemo(demo, await browser.newContext({ locale: 'en' }))
    await textbox.fill('Hello')
    await send.click()
    await page.locator('.mark.broken').getByText('Choose another model').waitFor()
    await page.getByLabel('Model').selectOption('localhost:gate-1')
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.locator('.mark.broken').getByText('Check the API key that the demo was started with.').waitFor()
    await page.getByLabel('Model').selectOption('127-0-0-1-'.concat(new URL(one.url).port, ':simulator'))
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText(/^\d+ tokens$/).waitFor()
    expect(await page.locator('.mark.broken').count()).toBe(0)
    await page.close()
    await demo.close()
    await Promise.all([one.close(), two.close()])
  })

  it('never shows the key while it answers', async () => {
    const simulator = await createSimulator({ apiKey: KEY })
    const demo = await startDemo({ SLUICE_BASE_URL: simulator.url, SLUICE_API_KEY: KEY })
    const visit = await visitDemo(demo, await browser.newContext())
    await ask(visit, 'Hello')
    await untilQuiet(visit)
    expect(await visit.meter.innerText()).toContain('keeps its own books')
    await expectNoSecret(visit, demo.terminal())
    expect(visit.complaints).toEqual([])
    await demo.close()
    await simulator.close()
  })
})

async function expectNoSecret(visit: Visit, terminal: string): Promise<void> {
  const kept = await visit.page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]),
  )
  const page = await visit.page.content()
  await visit.page.close() // ends what is still on its way
  const everything = [await visit.received(), page, kept, terminal].join('\n')
  expect(everything.includes('answers come from')).toBe(true)
  expect([KEY, SIMULATED_SECRET].filter((secret) => everything.includes(secret))).toEqual([])
}

/** A port where nobody listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 1))
    })
  })
}
