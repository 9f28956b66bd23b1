/**
 * From the moment that a viewer stops until the provider sees its socket close, and how many tokens it still wrote, at 200 a
 * second. The provider is a process of its own.
 */
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from './now.mjs'
import { startRelay } from './processes.mjs'
import { quantile } from './spread.mjs'
import { ask } from './viewer.mjs'

const TIMES = 200

/** @typedef {'cancel' | 'leave'} How `cancel`: `POST runs/:id/cancel`; `leave`: the viewer's socket closes */

/** @param {string} url */
function post(url) {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST' }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end()
  })
}

/**
 * @param {string} node
 * @param {Awaited<ReturnType<typeof import('./processes.mjs').startProvider>>} provider
 * @param {string} name
 * @param {How} how
 */
export async function measureCancels(node, provider, name, how) {
  const relay = await startRelay(node, name, provider.origin)
  /** @type {number[]} */
  const latencies = []
  /** @type {number[]} */
  const further = []
  let never = 0
  for (let i = 0; i < TIMES + 20; i += 1) {
    const question = `${name} ${how} ${i}`
    const closing = provider.closing(question)
    const { id, response } = await ask(relay.url, 'paced', question)
    response.resume().on('error', () => {})
    await sleep(40 + (i % 10))
    const asked = now()
    if (how === 'leave') response.destroy()
    else void post(relay.url.replace('chat/completions', `runs/${id}/cancel`)).catch(() => {})
    const closed = await Promise.race([closing, sleep(2_000)])
    if (i < 20) continue // while the engine warms up
    if (closed === undefined) never += 1
    else {
      latencies.push(closed.closed - asked)
      further.push(closed.tokens.filter((time) => time > asked).length)
    }
  }
  relay.close()
  const p = (/** @type {readonly number[]} */ samples) => [0.5, 0.9, 0.99].map((share) => quantile(samples, share))
  return { name, how, n: TIMES, never, latencies: p(latencies).map((ms) => ms.toFixed(1)), further: p(further) }
}
