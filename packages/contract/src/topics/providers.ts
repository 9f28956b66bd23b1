import { SCENARIO_NAMES, SIMULATED_SECRET } from '@sluice/simulator'
import { streamChat, type RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, API_KEY, ID, QUESTION, type Bench } from '../bench.ts'
import { allEvents, endOf, textOf } from '../event-stream.ts'
import { startSilentProvider } from '../silent-provider.ts'
import { until } from '../until.ts'

export function describeProviders(bench: Bench): void {
  describe('a provider that fails', () => {
    it('is a 502 when it cannot be reached', async () => {
      await bench.open()
      await bench.simulator.close()
      const response = await bench.post()
      expect(response.status).toBe(502)
      expect(await response.json()).toMatchObject({ error: { code: 'network' } })
    })

    it('is a 504 when it sends no head in time', async () => {
      const provider = await startSilentProvider()
      try {
        await bench.open({ provider: { baseURL: provider.baseURL, apiKey: API_KEY }, limits: { connectMs: 50 } })
        const response = await bench.post()
        expect(response.status).toBe(504)
        expect(await response.json()).toMatchObject({ error: { code: 'timeout' } })
        await until('the provider saw its socket close', () => provider.open === 0)
      } finally {
        await provider.close()
      }
    })

    it.each([
      ['unauthorized', 401],
      ['server-error', 500],
      ['rate-limit', 429],
    ])('with %s before the head keeps its status, and tells the app why', async (scenario, status) => {
      const told: unknown[] = []
      await bench.open({ onError: (error) => told.push(error) })
      const response = await bench.post({ ...QUESTION, model: `simulator/${scenario}` })
      expect(response.status).toBe(status)
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String), code: expect.any(String) } })
      expect(told).toHaveLength(1)
    })

    it('that is too busy passes on how long to wait', async () => {
      await bench.open()
      const response = await bench.post({ ...QUESTION, model: 'simulator/rate-limit' })
      expect(response.status).toBe(429)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    })

    it.each([
      ['cut', 'incomplete', 'truncated'],
      ['truncated', 'incomplete', 'truncated'],
      ['error', 'failed', 'provider'],
    ])('with %s after it ends the stream %s, with the text kept', async (scenario, status, code) => {
      await bench.open()
      const events = await allEvents(await bench.post({ ...QUESTION, model: `simulator/${scenario}` }))
      expect(endOf(events)).toMatchObject({ status, error: { code } })
      expect(events.at(-2)?.data).toMatchObject({ error: { message: expect.any(String) } })
      expect(textOf(events)).not.toBe('')
      expect(ANSWER.startsWith(textOf(events))).toBe(true)
    })

    it('loses one malformed chunk, and counts it', async () => {
      await bench.open()
      const events = await allEvents(await bench.post({ ...QUESTION, model: 'simulator/malformed' }))
      expect(endOf(events)).toMatchObject({ status: 'completed', skippedChunks: 1 })
    })
  })

  // Times that no scenario outlives, so that each of them ends, and soon.
  const limits = { connectMs: 800, firstChunkMs: 800, idleMs: 500, totalMs: 4_000 }

  it.each(SCENARIO_NAMES)('ends once, tells it once and leaks nothing when the provider plays %s', async (scenario) => {
    const settled: RunOutcome[] = []
    await bench.open({
      limits,
      onSettled: (outcome) => void settled.push(outcome),
      simulator: { answer: () => ['one ', 'two ', 'three ', 'four '], tokensPerSecond: 400, firstTokenMs: 1 },
    })
    const { outcome } = streamChat({
      api: bench.api,
      runId: ID,
      model: `simulator/${scenario}`,
      messages: QUESTION.messages,
      maxRetries: 0,
    })
    const seen = await outcome
    await until('the run was settled', () => settled.length > 0)
    const [told] = settled
    const { status, usage, finishReason, message } = seen
    expect(told).toMatchObject({ status, usage, finishReason, message })
    expect('error' in seen && seen.error.code).toBe(told !== undefined && 'error' in told && told.error.code)
    const run = await (await bench.run()).text()
    expect(JSON.parse(run)).toMatchObject({ id: ID, status, usage, finishReason, message: wireOf(message) })
    const stream = await (await bench.events()).text()
    expect(stream).toMatch(/"sluice":\{"status":"\w+".*\n\ndata: \[DONE\]\n\n$/)
    expect(stream).toContain(`"sluice":{"status":"${status}"`)
    for (const text of [JSON.stringify(seen), run, stream]) {
      expect(text).not.toContain(SIMULATED_SECRET)
      expect(text).not.toContain(API_KEY)
      expect(text).not.toMatch(/\n\s+at |node_modules|\.[jt]s:\d/)
    }
    await until('the provider’s sockets are closed', () => bench.simulator.stats.open === 0)
    expect(settled).toHaveLength(1)
  })
}

/** What JSON leaves of a value. */
function wireOf(value: object): object {
  return JSON.parse(JSON.stringify(value))
}
