import type { Browser, BrowserContext, Page } from 'playwright-core'
import { renderToString } from 'react-dom/server'
import { createElement } from 'react'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ChatPage } from '../testing/page/chat-page.tsx'
import type { PageSettings } from '../testing/page/settings.ts'
import { startSite, wordsFor, type Site } from '../testing/page/site.ts'
import { expectSilence, noBrowser, openBrowser, visitPage, type Visit } from '../testing/page/visit.ts'

const BUNDLE = 'react-19-production'
/** Three seconds and more. */
const LONG = 'Count to 800'
/** Longer than any test, for answers that are stopped. */
const ENDLESS = 'Count to 9000'
const WHOLE = wordsFor(LONG).join('')

describe.skipIf(noBrowser)('a chat in a page of Chromium', { timeout: 30_000 }, () => {
  let site: Site
  let hasty: Site
  let browser: Browser
  let context: BrowserContext
  let thread: string
  let before: number

  beforeAll(async () => {
    const render = (settings: PageSettings): string => renderToString(createElement(ChatPage, { settings }))
    site = await startSite({ bundles: [BUNDLE, 'react-19-development'], render })
    hasty = await startSite({ bundles: [BUNDLE], graceMs: 300 })
    browser = await openBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await site?.close()
    await hasty?.close()
  })

  beforeEach(async () => {
    context = await browser.newContext()
    thread = crypto.randomUUID()
    before = site.simulator.stats.requests.length
  })

  afterEach(() => context.close())

  const visit = (settings: PageSettings = {}, where = site): Promise<Visit> =>
    visitPage(context, where.address(BUNDLE, { thread, ...settings }))

  const generations = () => site.simulator.stats.requests.slice(before)

  /** What is there when the answer has completed, and what it took. */
  async function result(visited: Visit): Promise<object> {
    await visited.ended('completed')
    return {
      text: await visited.text(),
      messages: await visited.page.getByRole('article').count(),
      generations: generations().map(({ outcome }) => outcome),
    }
  }

  /** The exact text, of one generation that nobody cut off. */
  const ALL = { text: WHOLE, messages: 2, generations: ['finished'] }

  it('comes back after each of two reloads, to the exact text', async () => {
    const visited = await visit()
    await visited.send(LONG)
    for (const length of [100, 1500]) {
      await visited.grown(length)
      await visited.page.reload()
    }
    expect(await result(visited)).toEqual(ALL)
    await visited.page.reload()
    expect(await result(visited)).toEqual(ALL)
    expectSilence(visited)
  })

  it('comes back from idb-keyval, given as it is', async () => {
    const visited = await visit({ persistence: 'idb-keyval' })
    await visited.send('Hello')
    await visited.ended('completed')
    await visited.page.reload()
    await visited.ended('completed')
    expect(await visited.text()).toBe(wordsFor('').join(''))
    expectSilence(visited)
  })

  it('survives a saved value that is broken, or is of another app', async () => {
    const visited = await visit()
    for (const value of ['{"half', '{"messages":[{"id":7}]}', '[]']) {
      await visited.page.evaluate(
        ([key, saved]) => localStorage.setItem(key ?? '', saved ?? ''),
        [`sluice:${thread}`, value],
      )
      await visited.page.reload()
      await visited.page.getByRole('textbox').waitFor()
    }
    await visited.send(LONG)
    expect(await result(visited)).toEqual(ALL)
    expectSilence(visited)
  })

  it('comes back in another tab after its own has crashed', async () => {
    const crashing = await visit()
    await crashing.send(LONG)
    await crashing.grown(100)
    const crashed = crashing.page.waitForEvent('crash')
    const session = await context.newCDPSession(crashing.page)
    session.send('Page.crash').catch(() => {}) // never answered
    await crashed
    expect(await result(await visit())).toEqual(ALL)
  })

  it('goes on after the network was away', async () => {
    const visited = await visit()
    await visited.send(LONG)
    await visited.grown(100)
    await context.setOffline(true)
    site.dropConnections()
    await visited.reaches('reconnecting')
    expect(await visited.page.locator('section').getAttribute('data-status')).toBe('streaming')
    await context.setOffline(false)
    expect(await result(visited)).toEqual(ALL)
  })

  it('goes on after the page was frozen for longer than its silence may last', async () => {
    const visited = await visit({ idleMs: 400 })
    await visited.send(LONG)
    await visited.grown(100)
    await sleepOf(visited.page, 1200)
    expect(await result(visited)).toEqual(ALL)
    expectSilence(visited)
  })

  it('goes on in a tab that nobody looks at', async () => {
    const visited = await visit()
    await visited.send(LONG)
    await visited.grown(100)
    const other = await context.newPage()
    await other.bringToFront()
    await visited.page.evaluate(() => {
      // The headless shell shows every tab; a browser gives a hidden one no frames.
      window.requestAnimationFrame = () => 0
      Object.defineProperty(document, 'hidden', { value: true })
    })
    await visited.grown(WHOLE.length / 2)
    expect(await result(visited)).toEqual(ALL)
  })

  it('shows an answer that the server stopped when nobody was left, and asks for it again', async () => {
    const visited = await visit({}, hasty)
    await visited.send(LONG)
    const text = await visited.grown(100)
    await visited.page.goto('about:blank')
    while (hasty.simulator.stats.open > 0) await visited.page.waitForTimeout(50)
    await visited.page.goto(hasty.address(BUNDLE, { thread }))
    await visited.ended('cancelled')
    expect(await visited.answer.locator('em').textContent()).toBe('Stopped by disconnect')
    expect((await visited.text()).startsWith(text)).toBe(true)
    await visited.click('Regenerate')
    await visited.ended('completed')
    expect(await visited.text()).toBe(WHOLE)
    expect(await visited.answer.getAttribute('data-branches')).toBe('2')
    expect(hasty.simulator.stats.requests).toMatchObject([{ outcome: 'hung-up' }, { outcome: 'finished' }])
    expectSilence(visited)
  })

  it('leaves the answer running when its component goes, and finds it when that returns', async () => {
    const visited = await visit()
    await visited.send(LONG)
    await visited.grown(100)
    await visited.click('Leave')
    await visited.page.waitForTimeout(100)
    expect(generations()).toMatchObject([{ outcome: 'open' }])
    await visited.click('Return')
    expect(await result(visited)).toEqual(ALL)
    expectSilence(visited)
  })

  it('stops the answer when its component goes, if it is told to', async () => {
    const visited = await visit({ stopOnUnmount: true })
    await visited.send(ENDLESS)
    await visited.grown(100)
    await visited.click('Leave')
    while (generations()[0]?.outcome === 'open') await visited.page.waitForTimeout(20)
    expect(generations()).toMatchObject([{ outcome: 'hung-up' }])
  })

  it('ends in both tabs of a thread when it is stopped in one', async () => {
    const one = await visit()
    await one.send(ENDLESS)
    await one.grown(100)
    const two = await visit()
    await two.grown(200)
    await two.click('Stop')
    await one.ended('cancelled')
    await two.ended('cancelled')
    expect(
      wordsFor(ENDLESS)
        .join('')
        .startsWith(await one.text()),
    ).toBe(true)
    expect(generations()).toMatchObject([{ outcome: 'hung-up', afterHangup: 0 }])
    expectSilence(one)
    expectSilence(two)
  })

  it('stops at once, and for good, also where the transport hangs', async () => {
    const visited = await visit({ cancelMs: 600 })
    await visited.page.route('**/cancel', () => new Promise(() => {}))
    await visited.send(ENDLESS)
    await visited.grown(100)
    await visited.click('Stop')
    await visited.reaches('cancelling')
    const frozen = await visited.text()
    expect(await visited.page.locator('section').getAttribute('data-status')).toBe('ready')
    await visited.reaches('cancelled')
    expect(await visited.text()).toBe(frozen)
    expect(await visited.answer.locator('small').textContent()).toBe('unknown')
    site.dropConnections()
  })

  it('takes a queued question as its turn comes', async () => {
    const visited = await visit()
    await visited.send('Count to 200')
    await visited.send('Count to 10')
    expect(await visited.page.getByRole('listitem').allTextContents()).toEqual(['Count to 10'])
    await visited.page.getByRole('article', { name: 'assistant' }).nth(1).waitFor()
    await visited.ended('completed')
    expect(await visited.text()).toBe(wordsFor('10').join(''))
    expect(await visited.page.getByRole('article').count()).toBe(4)
  })

  it.each([
    ['rate-limit', 'rate_limited', /Wait 1 s/],
    ['unauthorized', 'unauthorized', /./],
  ])('tells of %s, and asks again without a second question', async (scenario, code, words) => {
    const visited = await visit({ model: `simulator/${scenario}` })
    await visited.send('Hello')
    expect(await visited.alert.getAttribute('data-code')).toBe(code)
    expect(await visited.alert.textContent()).toMatch(words)
    await visited.click('Regenerate')
    await visited.alert.waitFor()
    expect(await visited.page.getByRole('article').count()).toBe(2)
    expect(await visited.page.getByRole('article', { name: 'user' }).count()).toBe(1)
    expect(await visited.answer.getAttribute('data-branches')).toBe('1')
  })

  it('tells of a provider that failed midway, and keeps what it said', async () => {
    const visited = await visit({ model: 'simulator/error' })
    await visited.send('Hello')
    await visited.ended('failed')
    expect(await visited.alert.getAttribute('data-code')).toBe('provider')
    expect(await visited.text()).toBe(wordsFor('').slice(0, 10).join(''))
    await visited.click('Close')
    expect(await visited.page.locator('section').getAttribute('data-status')).toBe('ready')
  })

  it('tells that the network is away, and asks again when it is back, without a second bill', async () => {
    const visited = await visit({ connectMs: 300 })
    await context.setOffline(true)
    await visited.send('Hello')
    expect(await visited.alert.getAttribute('data-code')).toMatch(/^(network|timeout)$/)
    await context.setOffline(false)
    await visited.click('Regenerate')
    await visited.ended('completed')
    expect(await visited.page.getByRole('article').count()).toBe(2)
    expect(generations()).toMatchObject([{ outcome: 'finished' }])
  })

  it('hydrates what the server rendered, and then shows what was saved, without a warning', async () => {
    const first = await visit()
    await first.send('Hello')
    await first.ended('completed')
    const settings = { thread, isHydrated: true, isStrict: true }
    const second = await visitPage(context, site.address('react-19-development', settings))
    await second.ended('completed')
    expect(await second.text()).toBe(wordsFor('').join(''))
    expectSilence(second)
  })
})

/** Freezes a page as a browser freezes a tab in the background, or a machine that sleeps all of them. */
async function sleepOf(page: Page, ms: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setWebLifecycleState', { state: 'frozen' })
  await new Promise((resolve) => setTimeout(resolve, ms))
  await session.send('Page.setWebLifecycleState', { state: 'active' })
}
