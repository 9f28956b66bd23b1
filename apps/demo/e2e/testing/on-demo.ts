import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { startDemo, type RunningDemo } from './demo.ts'
import { expectSilence, openBrowser, visitDemo, type Visit } from './visit.ts'

export interface OnDemo {
  readonly demo: RunningDemo
  /** A tab in a browser of its own, which may complain of nothing. */
  visit(options?: BrowserContextOptions, address?: string): Promise<Visit>
  /** As `visit`, for a test in which the browser itself complains of statuses outside 2xx. */
  visitLoudly(options?: BrowserContextOptions): Promise<Visit>
}

/** One demo and one browser for all the tests of a file. */
export function onDemo(environment: () => Readonly<Record<string, string>> = () => ({})): OnDemo {
  let demo: RunningDemo
  let browser: Browser
  const contexts: BrowserContext[] = []
  const visits: Visit[] = []

  beforeAll(async () => {
    demo = await startDemo(environment())
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()))
    for (const visit of visits.splice(0)) expectSilence(visit)
  })

  async function open(options?: BrowserContextOptions, address?: string): Promise<Visit> {
    const context = await browser.newContext({ locale: 'en', ...options })
    contexts.push(context)
    return visitDemo(demo, context, address)
  }
  return {
    get demo() {
      return demo
    },
    async visit(options, address) {
      const visit = await open(options, address)
      visits.push(visit)
      return visit
    },
    visitLoudly: (options) => open(options),
  }
}
