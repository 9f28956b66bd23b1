/**
 * Measures `useChatStream` beside `useChat` in Chromium, and prints tables. In benchmarks/:
 *
 *     node react/run.mjs                  all of it, some 15 minutes
 *     node react/run.mjs --only <text>    only the workloads whose name holds the text
 *     node react/run.mjs --rounds <n>     in place of each workload's own
 *     node react/run.mjs --write          all of it; writes react/RESULTS.md
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { requireBuilt } from '../built.mjs'
import { buildPages } from './build.mjs'
import { measure, openBrowser } from './measure.mjs'
import { reportOf, tableOf } from './report.mjs'
import { startServer } from './server.mjs'
import { WORKLOADS } from './workloads.mjs'

/** @typedef {import('./report.mjs').Result} Result */
/** @typedef {import('./workloads.mjs').Workload} Workload */

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})

/**
 * The contenders take turns, so that whatever else the machine does meets all alike; who goes first changes with every round.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin
 * @param {Workload} workload
 * @returns {Promise<Result>}
 */
async function measureWorkload(browser, origin, workload) {
  const { contenders } = workload
  const samples = contenders.map(() => /** @type {import('./measure.mjs').Sample[]} */ ([]))
  for (let round = 0; round < workload.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const i = (round + turn) % contenders.length
      const contender = contenders[i]
      if (contender !== undefined) samples[i]?.push(await measure(browser, origin, workload, contender))
    }
  }
  return { workload, samples }
}

requireBuilt(['@sluice/core', '@sluice/react', '@ai-sdk/react', 'react-markdown', 'vite'])
const server = await startServer(await buildPages())
const browser = await openBrowser()
const results = []
for (const workload of WORKLOADS.filter(({ name }) => name.includes(values.only))) {
  const rounds = Number(values.rounds ?? workload.rounds)
  results.push(await measureWorkload(browser, server.origin, { ...workload, rounds }))
  console.log(results.slice(-1).map(tableOf)[0])
}
const chromium = browser.version()
await browser.close()
server.close()

if (values.write && values.only === '') {
  const report = reportOf(results, { chromium, cpu: cpus(), load: loadavg()[1] ?? Number.NaN, date: new Date() })
  writeFileSync(fileURLToPath(new URL('RESULTS.md', import.meta.url)), report)
}
