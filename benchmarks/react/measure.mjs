import { chromium } from 'playwright-core'
import { CHROMIUM, locate } from '../../scripts/programs.mjs'
import { proseDeltas, shownLength } from './prose.mjs'

/** @typedef {import('./workloads.mjs').Contender} Contender */
/** @typedef {import('./workloads.mjs').Workload} Workload */

/**
 * One run. All in ms, from the question to the painted end of the answer.
 *
 * @typedef {object} Sample
 * @property {number} cpu the main thread's own time in tasks: CDP's `TaskDuration` by thread ticks
 * @property {number} task how long those tasks took by the wall clock, others' turns on the processor included
 * @property {number} script
 * @property {number} layout with the recalculation of style
 * @property {number} paintedMs
 * @property {number} commits
 * @property {number} mostCommitsASecond
 * @property {number} longestTaskMs 0 if none took 50 ms
 * @property {number} rendersOfFinished how often a message of the history rendered, at most
 */

export async function openBrowser() {
  const executablePath = await locate(CHROMIUM)
  if (executablePath === undefined) throw new Error(`Found no Chromium: ${CHROMIUM.remedy}.`)
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** How long a page is left alone before it is asked. */
const SETTLED_MS = 300

/**
 * Runs one contender once, in a page of its own.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin
 * @param {Workload} workload
 * @param {Contender} contender
 * @returns {Promise<Sample>}
 */
export async function measure(
  browser,
  origin,
  { deltas, rate, history, view },
  { library, throttle, view: own = view },
) {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(120_000)
    /** @type {string[]} */
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    const query = { library, view: own, deltas, rate, history, ...(throttle !== undefined && { throttle }) }
    await page.goto(
      `${origin}/?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, `${value}`]))}`,
    )
    await page.waitForFunction('window.measure !== undefined')
    const byThread = await metricsOf(context, page, 'threadTicks')
    const byClock = await metricsOf(context, page, 'timeTicks')
    await page.waitForTimeout(SETTLED_MS)
    const expected = own.includes('markdown') ? shownLength(deltas) : textLength(deltas)
    const before = [await byThread(), await byClock()]
    /** @type {Sample & { readonly shownLength: number }} */
    const seen = await page.evaluate(`window.measure(${expected})`)
    const after = [await byThread(), await byClock()]
    if (seen.shownLength !== expected || complaints.length > 0) {
      const shown = `${seen.shownLength} of ${expected} characters are shown`
      throw new Error(`${library} did not show the answer: ${[shown, ...complaints].join('; ')}`)
    }
    /**
     * @param {0 | 1} by
     * @param {string} name
     */
    const spent = (by, name) => ((after[by]?.get(name) ?? 0) - (before[by]?.get(name) ?? 0)) * 1000
    return {
      ...seen,
      cpu: spent(0, 'TaskDuration'),
      task: spent(1, 'TaskDuration'),
      script: spent(0, 'ScriptDuration'),
      layout: spent(0, 'LayoutDuration') + spent(0, 'RecalcStyleDuration'),
    }
  } finally {
    await context.close()
  }
}

/** @param {number} deltas */
const textLength = (deltas) => proseDeltas(deltas).join('').replaceAll(/\s/g, '').length

/**
 * @param {import('playwright-core').BrowserContext} context
 * @param {import('playwright-core').Page} page
 * @param {'threadTicks' | 'timeTicks'} timeDomain
 * @returns {Promise<() => Promise<ReadonlyMap<string, number>>>} in seconds
 */
async function metricsOf(context, page, timeDomain) {
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable', { timeDomain })
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return new Map(metrics.map(({ name, value }) => [name, value]))
  }
}
