import { createSimulator, type Simulator } from '@sluice/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { streamChat, type ChatDelta, type RunOutcome } from '../index.ts'
import { openaiCompatible } from '../server/index.ts'
import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { startSluiceServer, type SluiceServer } from '../testing/sluice-server.ts'

// Characters of one to four bytes, so that cuts fall into them, too.
const TOKENS = Array.from({ length: 120 }, (_, i) => `${i} ü 汉 😀 `)
const ANSWER = TOKENS.join('')

let simulator: Simulator
let server: SluiceServer
const settled = new Map<string, RunOutcome>()

beforeAll(async () => {
  simulator = await createSimulator({ answer: () => TOKENS, tokensPerSecond: 400, firstTokenMs: 10 })
  server = await startSluiceServer({
    source: openaiCompatible({ baseURL: simulator.url }),
    onSettled: (outcome, { runId }) => void settled.set(runId, outcome),
  })
})

afterAll(async () => {
  await server.close()
  await simulator.close()
})

/** Numbers from 0 to 1 that are the same in every run of the tests (Park and Miller's generator). */
function randomFrom(seed: number): () => number {
  let state = seed * 7919 + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

interface Watched {
  readonly run: ReturnType<typeof streamChat>
  readonly heard: Promise<string>
}

function watch(api: string): Watched {
  const run = streamChat({ api, model: 'any', messages: [{ role: 'user', content: 'Hello' }] })
  return { run, heard: textOf(run) }
}

async function textOf(deltas: AsyncIterable<ChatDelta>): Promise<string> {
  let text = ''
  for await (const delta of deltas) text += delta.text ?? ''
  return text
}

describe('a run whose connections are cut anywhere', () => {
  it('brings exactly what the provider sent, from one start, however often it is cut', async () => {
    const { requests, billed } = { requests: simulator.stats.requests.length, billed: simulator.stats.billed }
    const seeds = Array.from({ length: 8 }, (_, i) => i)
    const results = await Promise.all(
      seeds.map(async (seed) => {
        const random = randomFrom(seed)
        let connections = 0
        // The first cuts come early, so that some fall into the head; the last connections may finish.
        const budget = (): number => ((connections += 1) > 6 ? Infinity : Math.ceil(random() * 900 * connections))
        const proxy = await startCuttingProxy(server.api, budget)
        const { run, heard } = watch(proxy.url)
        const text = await heard
        const outcome = await run.outcome
        await proxy.close()
        return { text, status: outcome.status, message: outcome.message.text, cuts: proxy.cuts, id: run.id }
      }),
    )
    for (const { text, status, message, cuts } of results) {
      expect(text).toBe(ANSWER)
      expect(message).toBe(ANSWER)
      expect(status).toBe('completed')
      expect(cuts).toBeGreaterThan(2)
    }
    expect(simulator.stats.requests.length - requests).toBe(seeds.length)
    expect(simulator.stats.billed - billed).toBe(seeds.length * TOKENS.length)
  }, 30_000)

  it('ends in a pair that the design allows when it is stopped at any moment, and keeps the text of that moment', async () => {
    const seeds = Array.from({ length: 12 }, (_, i) => 100 + i)
    await Promise.all(
      seeds.map(async (seed) => {
        const random = randomFrom(seed)
        const proxy = await startCuttingProxy(server.api, () =>
          random() < 0.5 ? Infinity : Math.ceil(random() * 6000),
        )
        const { run, heard } = watch(proxy.url)
        const loop = heard.catch((error: unknown) => error)
        await new Promise((resolve) => setTimeout(resolve, random() * 400))
        const text = run.text
        const before = run.state
        const outcome = await run.cancel()
        expect(outcome.message.text).toBe(text)
        expect(ANSWER.startsWith(text)).toBe(true)
        expect(outcome.status).toBe(before === 'completed' ? 'completed' : 'cancelled')
        await loop
        await proxy.close()
        const at = settled.get(run.id)
        if (at === undefined || outcome.status !== 'cancelled') return
        // The server's end is its own; a stop that crossed it says so.
        const crossed = at.status === 'completed' && outcome.cancellation.upstream === 'finished'
        expect(crossed || at.status === 'cancelled').toBe(true)
        expect(at.message.text.startsWith(text)).toBe(true)
      }),
    )
  }, 30_000)
})
