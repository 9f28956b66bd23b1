/**
 * CPU of a relay for bursts of 500 chunks, as a multiple of what a raw pipe takes in the same round. All relays live at the
 * same time and take turns, so that whatever else the machine does meets all of them.
 */
import { startRelay } from './processes.mjs'
import { ask, readToEnd } from './viewer.mjs'
import { spread } from './spread.mjs'

const CHUNKS = 500
const STREAMS = 40
const AT_ONCE = 10
const ROUNDS = 9

/** @param {import('./processes.mjs').Relay} relay */
async function burst({ url, measure }) {
  const before = await measure('cpu')
  let left = STREAMS
  const one = async () => {
    while (left-- > 0) {
      const { response } = await ask(url, 'burst')
      if ((await readToEnd(response)) < CHUNKS * 10) throw new Error(`A burst through ${url} was cut short.`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  const after = await measure('cpu')
  return ((after.cpuMs - before.cpuMs) / (STREAMS * CHUNKS)) * 1_000
}

/**
 * @param {string} node
 * @param {string} provider
 * @param {readonly string[]} names the first is the one that the others are compared with
 */
export async function measureBursts(node, provider, names) {
  const relays = await Promise.all(names.map((name) => startRelay(node, name, provider)))
  for (const relay of relays) for (let i = 0; i < 3; i += 1) await burst(relay)
  const measured = relays.map((relay) => ({ relay, times: /** @type {number[]} */ ([]) }))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { relay, times } of round % 2 === 0 ? measured : measured.toReversed()) times.push(await burst(relay))
  }
  for (const relay of relays) relay.close()
  const raw = measured[0]?.times ?? []
  return measured.map(({ relay: { name }, times }) => {
    return { name, cpu: spread(times), ratio: spread(times.map((time, round) => time / (raw[round] ?? Number.NaN))) }
  })
}
