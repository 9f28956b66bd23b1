/**
 * Measures what the server half costs, beside its peers, and prints tables. In benchmarks/:
 *
 *     node server/run.mjs                          on this Node.js
 *     node server/run.mjs --node <path>            on another one
 *     node server/run.mjs --only burst,idle,cancel some of it
 *     node server/run.mjs --write                  on the pinned Node.js 24; writes server/RESULTS.md
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { requireBuilt } from '../built.mjs'
import { measureBursts } from './burst.mjs'
import { measureCancels } from './cancel.mjs'
import { measureIdle } from './idle-viewers.mjs'
import { startProvider } from './processes.mjs'
import { RELAYS } from './relays.mjs'
import { reportOf } from './report.mjs'

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({
  options: {
    node: { type: 'string' },
    only: { type: 'string', default: 'burst,idle,cancel' },
    relay: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
})

requireBuilt(['@sluice/express', '@sluice/core/server'])
const node = values.node ?? (values.write ? here('../node_modules/node-24/bin/node') : process.execPath)
const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
const names = Object.keys(RELAYS).filter((name, i) => i === 0 || name.includes(values.relay))
const parts = values.only.split(',')
const [load = 0] = loadavg()
const provider = await startProvider(node)

const bursts = parts.includes('burst') ? await measureBursts(node, provider.origin, names) : []
if (bursts.length > 0) console.table(bursts)

const idle = []
for (const name of parts.includes('idle') ? names : []) idle.push(await measureIdle(node, provider.origin, name))
if (idle.length > 0) console.table(idle)

const cancels = []
if (parts.includes('cancel')) {
  cancels.push(await measureCancels(node, provider, 'Sluice', 'cancel'))
  for (const name of names.filter((each) => !each.startsWith('Sluice'))) {
    cancels.push(await measureCancels(node, provider, name, 'leave'))
  }
  for (const { name, how, never, latencies, further } of cancels) console.log(name, how, { never, latencies, further })
}
provider.close()

const report = reportOf({ version, date: new Date(), cpu: cpus(), load, bursts, idle, cancels })
if (values.write) writeFileSync(here('RESULTS.md'), report)
