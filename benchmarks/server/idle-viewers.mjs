/**
 * Memory of 1,000 viewers, each of a run of its own whose provider has fallen silent: heap and resident set of the relay
 * for each, the connection to the provider included.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startRelay } from './processes.mjs'
import { ask } from './viewer.mjs'

const VIEWERS = 1_000
const WARM_UP = 100

/**
 * @param {string} url
 * @param {number} count
 */
async function openViewers(url, count) {
  /** @type {import('node:http').IncomingMessage[]} */
  const open = []
  for (let i = 0; i < count; i += 50) {
    const asked = await Promise.all(Array.from({ length: 50 }, () => ask(url, 'idle')))
    for (const { response } of asked) open.push(response.resume().on('error', () => {}))
  }
  await sleep(500)
  return open
}

/**
 * @param {string} node
 * @param {string} provider
 * @param {string} name
 */
export async function measureIdle(node, provider, name) {
  const relay = await startRelay(node, name, provider)
  for (const response of await openViewers(relay.url, WARM_UP)) response.destroy()
  await sleep(1_000)
  const before = await relay.measure('memory')
  const open = await openViewers(relay.url, VIEWERS)
  const after = await relay.measure('memory')
  for (const response of open) response.destroy()
  relay.close()
  const each = (/** @type {'heapUsed' | 'rss'} */ what) => (after[what] - before[what]) / VIEWERS / 1_024
  return { name, heapKB: each('heapUsed').toFixed(1), rssKB: each('rss').toFixed(1) }
}
