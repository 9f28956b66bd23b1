import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BundleName } from '../testing/page/bundle.ts'
import { startSite, wordsFor, type Site } from '../testing/page/site.ts'
import { expectSilence, noBrowser, openBrowser, visitPage } from '../testing/page/visit.ts'

const BUNDLES: readonly BundleName[] = [
  'react-19-production',
  'react-19-development',
  'react-19-compiled',
  'react-18-production',
  'react-18-development',
]

const WORDS = wordsFor('').join('')

describe.skipIf(noBrowser)('useChatStream in Chromium, in StrictMode', () => {
  let site: Site
  let browser: Browser
  let context: BrowserContext

  beforeAll(async () => {
    site = await startSite({ bundles: BUNDLES })
    browser = await openBrowser()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  beforeEach(async () => {
    context = await browser.newContext()
  })

  afterEach(() => context.close())

  it.each(BUNDLES)(
    '%s: a send in an effect of the first mount is one request, which finishes',
    async (bundle) => {
      const before = site.simulator.stats.requests.length
      const settings = { isStrict: true, thread: bundle, sendAtMount: 'Hello' }
      const visit = await visitPage(context, site.address(bundle, settings))
      await visit.ended('completed')
      expect(await visit.text()).toBe(WORDS)
      expect(site.simulator.stats.requests.slice(before)).toMatchObject([{ outcome: 'finished' }])
      expectSilence(visit)
    },
    30_000,
  )

  it.each(BUNDLES)(
    '%s: two components share one stream, stop freezes the text, and finished messages do not render again',
    async (bundle) => {
      const before = site.simulator.stats.requests.length
      const visit = await visitPage(context, site.address(bundle, { isStrict: true, thread: `${bundle}-stop` }))
      const { page } = visit
      await visit.send('Hello')
      await visit.ended('completed')
      const first = page.getByRole('article', { name: 'assistant' }).first()
      const renders = await first.getAttribute('data-renders')
      await visit.send('Count to 9000')
      await visit.grown(100)
      await page.getByRole('status', { name: 'Newest' }).waitFor()
      expect(await first.getAttribute('data-renders')).toBe(renders)
      // Read in the task of the click: what is shown then is all that is ever shown.
      const frozen = await page.evaluate(async () => {
        document.querySelector<HTMLButtonElement>('aside button')?.click()
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
        return [...document.querySelectorAll('[aria-label=assistant] p')].at(-1)?.textContent
      })
      await visit.reaches('cancelled')
      await page.waitForTimeout(150)
      expect(await visit.text()).toBe(frozen)
      expect(await page.getByRole('status', { name: 'Newest' }).textContent()).toBe(frozen)
      expect(
        wordsFor('9000')
          .join('')
          .startsWith(frozen ?? '-'),
      ).toBe(true)
      expect(await visit.answer.locator('em').textContent()).toBe('Stopped by user')
      expect(await visit.answer.locator('small').textContent()).toBe('closed')
      const asked = site.simulator.stats.requests.slice(before)
      expect(asked).toMatchObject([{ outcome: 'finished' }, { outcome: 'hung-up', afterHangup: 0 }])
      expectSilence(visit)
    },
    30_000,
  )
})
