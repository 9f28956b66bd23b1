import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { API_KEY, ID, OTHER_ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome, rest } from '../event-stream.ts'
import { startSilentProvider } from '../silent-provider.ts'
import { until } from '../until.ts'

const CLOSED = 'the provider saw its socket close'

export function describeCancels(bench: Bench): void {
  describe('a cancel', () => {
    it('closes the provider’s socket, answers 202, and ends every viewer’s stream', async () => {
      await bench.open({ simulator: { tokensPerSecond: 50 } })
      const mine = await readSome(await bench.post())
      const theirs = await bench.events()
      const asked = Date.now()
      const response = await bench.cancel()
      expect(response.status).toBe(202)
      const run = await response.json()
      expect(run).toMatchObject({
        object: 'run',
        id: ID,
        status: 'cancelled',
        cancellation: {
          requestedBy: 'user',
          upstream: 'closed',
          billing: 'unknown',
          closedAfterMs: expect.any(Number),
        },
        usage: { source: 'estimated' },
      })
      expect(run.cancellation.closedAfterMs).toBeLessThan(500)
      await until(CLOSED, () => bench.simulator.stats.open === 0)
      const [seen] = bench.simulator.stats.requests
      expect(seen).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
      expect(seen?.tokenTimes.filter((time) => time > asked).length).toBeLessThanOrEqual(25)
      for (const events of [await rest(mine), await allEvents(theirs)]) {
        expect(endOf(events)).toEqual({
          status: 'cancelled',
          finishReason: null,
          usage: run.usage,
          skippedChunks: 0,
          cancellation: run.cancellation,
        })
        expect(events.at(-2)?.data).toMatchObject({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
        expect(events.at(-2)?.data).not.toHaveProperty('error')
      }
    })

    it('may come twice, also at once, and tells the same', async () => {
      await bench.open({ simulator: STEADY })
      const reader = await readSome(await bench.post())
      const answers = await Promise.all([bench.cancel(), bench.cancel()])
      answers.push(await bench.cancel())
      const [first, ...others] = await Promise.all(answers.map((response) => response.json()))
      expect(first).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
      for (const other of others) expect(other).toEqual(first)
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
      await reader.return()
    })

    it('that comes after the end changes nothing, and tells how the run ended', async () => {
      const settled: RunOutcome[] = []
      await bench.open({ onSettled: (outcome) => void settled.push(outcome) })
      const events = await allEvents(await bench.post())
      const response = await bench.cancel()
      expect(response.status).toBe(202)
      expect(await response.json()).toMatchObject({ status: 'completed', cancellation: null, finishReason: 'stop' })
      expect(await allEvents(await bench.events())).toEqual(events)
      expect(settled).toMatchObject([{ status: 'completed' }])
    })

    it('that comes before the start keeps the provider from ever being asked', async () => {
      const settled: RunOutcome[] = []
      await bench.open({ onSettled: (outcome) => void settled.push(outcome) })
      const early = await bench.cancel()
      expect(early.status).toBe(202)
      expect(await early.json()).toMatchObject({
        id: ID,
        status: 'cancelled',
        lastEventId: 0,
        cancellation: { upstream: 'not-started', billing: 'stopped' },
      })
      for (const late of [await bench.post(), await bench.post()]) {
        expect(late.status).toBe(409)
        expect(await late.json()).toMatchObject({ error: { code: 'run_cancelled' } })
      }
      expect((await bench.run()).status).toBe(404)
      expect(bench.simulator.stats.requests).toHaveLength(0)
      expect(settled).toEqual([])
      expect(endOf(await allEvents(await bench.post(QUESTION, { 'run-id': OTHER_ID })))).toMatchObject({
        status: 'completed',
      })
    })

    it('that comes before the provider’s head ends the stream of the one who started', async () => {
      const provider = await startSilentProvider()
      try {
        await bench.open({ provider: { baseURL: provider.baseURL, apiKey: API_KEY } })
        const response = bench.post()
        await until('the provider was asked', () => provider.open === 1)
        expect(await (await bench.cancel()).json()).toMatchObject({
          status: 'cancelled',
          cancellation: { upstream: 'closed' },
          message: { text: '' },
        })
        expect(endOf(await allEvents(await response))).toMatchObject({ status: 'cancelled' })
        await until(CLOSED, () => provider.open === 0)
      } finally {
        await provider.close()
      }
    })

    it('that comes before the first token closes the socket, too', async () => {
      await bench.open({ simulator: { firstTokenMs: 5_000 } })
      const response = await bench.post()
      await until('the provider was asked', () => bench.simulator.stats.open === 1)
      await bench.cancel()
      expect(endOf(await allEvents(response))).toMatchObject({ status: 'cancelled' })
      await until(CLOSED, () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.produced).toBe(0)
    })

    it('that comes while the request is prepared keeps the provider from being asked', async () => {
      let prepared = (): void => {}
      const preparing = new Promise<void>((resolve) => (prepared = resolve))
      await bench.open({ prepare: () => preparing })
      const response = bench.post()
      await until('the run is known', async () => (await bench.run()).status === 200)
      expect(await (await bench.cancel()).json()).toMatchObject({ cancellation: { upstream: 'not-started' } })
      prepared()
      expect(endOf(await allEvents(await response))).toMatchObject({ status: 'cancelled' })
      expect(bench.simulator.stats.requests).toHaveLength(0)
    })

    it('of a source that does not stop is answered after a second, with the truth that nobody knows', async () => {
      await bench.open({
        async *source() {
          yield 'so far'
          await new Promise((resolve) => setTimeout(resolve, 3_000))
        },
      })
      const reader = await readSome(await bench.post(), 1)
      expect(await (await bench.cancel()).json()).toMatchObject({
        status: 'cancelled',
        cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
        message: { text: 'so far' },
      })
      expect(endOf(await rest(reader))).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'unknown' } })
    })

    it('says that billing stopped only where the provider is known to stop', async () => {
      await bench.open({
        async *source(_, { signal }) {
          yield { provider: 'DeepInfra', choices: [{ index: 0, delta: { content: 'so far' } }] }
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        },
      })
      const reader = await readSome(await bench.post(), 1)
      expect(await (await bench.cancel()).json()).toMatchObject({
        cancellation: { upstream: 'closed', billing: 'stopped' },
      })
      await reader.return()
    })
  })
}
