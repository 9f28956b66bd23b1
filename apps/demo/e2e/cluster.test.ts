import { simulatedAnswer } from '@sluice/simulator'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newestAnswer } from './testing/books.ts'
import { startDemo, type RunningDemo } from './testing/demo.ts'
import { noRedis } from './testing/redis.ts'
import { answerOf, ask, noBrowser, openBrowser, savedTexts, untilQuiet, visitDemo } from './testing/visit.ts'

const LONG = 'Tell me a long story about a canal'

describe.skipIf(noBrowser || noRedis)('two demos behind one address', () => {
  let demo: RunningDemo
  let browser: Browser

  beforeAll(async () => {
    demo = await startDemo({ SIMULATOR_TOKENS_PER_SECOND: '200' }, 'cluster')
    browser = await openBrowser()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await demo?.close()
  })

  /** The addresses of the two, which can also be visited one by one. */
  const instances = () => [...demo.terminal().matchAll(/(http:\S+) \(process (\d+)\)/g)]

  it('show one conversation: an answer that began at one is rejoined, and stopped, at the other', async () => {
    const [one = '', other = ''] = instances().map(([, address]) => address)
    const visit = await visitDemo(demo, await browser.newContext({ locale: 'en' }), one)
    await ask(visit, LONG, 100)
    const { hash } = new URL(visit.page.url())
    const second = await visitDemo(demo, await browser.newContext({ locale: 'en' }), other + hash)
    await answerOf(second, 300)
    await second.stop.click()
    for (const { log } of [visit, second]) await log.getByText('Stopped', { exact: true }).waitFor()
    expect(await newestAnswer(demo)).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
    expect(await savedTexts(second)).toEqual(await savedTexts(visit))
  })

  it('serve a page that is reloaded in mid-answer through their common address', async () => {
    const visit = await visitDemo(demo, await browser.newContext({ locale: 'en' }))
    await ask(visit, LONG, 200)
    await visit.page.reload()
    await answerOf(visit, 400)
    await untilQuiet(visit)
    expect((await savedTexts(visit)).at(-1)).toBe(simulatedAnswer(LONG).join(''))
  })

  it('end with all that they started on Ctrl-C', async () => {
    const ids = instances().map(([, , pid]) => Number(pid))
    expect(ids).toHaveLength(2)
    expect(await demo.close()).toBe(0)
    expect(ids.filter(isRunning)).toEqual([])
  })
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
