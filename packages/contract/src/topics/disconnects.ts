import { setTimeout as sleep } from 'node:timers/promises'
import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, API_KEY, QUESTION, STEADY, TOKENS, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome, textOf } from '../event-stream.ts'
import { startSilentProvider } from '../silent-provider.ts'
import { until } from '../until.ts'

export function describeDisconnects(bench: Bench): void {
  describe('a viewer that leaves', () => {
    it('does not stop the run, and may come back', async () => {
      await bench.open({ simulator: STEADY })
      await (await readSome(await bench.post())).return()
      expect(textOf(await allEvents(await bench.events()))).toBe(ANSWER)
    })

    it('stops it when nobody has come back within the grace', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        simulator: STEADY,
        onDisconnect: { graceMs: 30 },
        onSettled: (outcome) => void settled.push(outcome),
      })
      await (await readSome(await bench.post())).return()
      await until('the run was settled', () => settled.length === 1)
      expect(settled[0]).toMatchObject({
        status: 'cancelled',
        cancellation: { requestedBy: 'disconnect', upstream: 'closed' },
      })
      expect(bench.simulator.stats.produced).toBeLessThan(TOKENS.length)
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(endOf(await allEvents(await bench.events()))).toMatchObject({
        cancellation: { requestedBy: 'disconnect' },
      })
    })

    it('and comes back within the grace changes nothing', async () => {
      await bench.open({ onDisconnect: { graceMs: 400 }, simulator: { tokensPerSecond: 60 } })
      await (await readSome(await bench.post())).return()
      await sleep(100)
      // The rest of the answer takes longer than the grace.
      expect(endOf(await allEvents(await bench.events()))).toMatchObject({ status: 'completed' })
    })

    it('does not start the grace while another one is there', async () => {
      await bench.open({ onDisconnect: { graceMs: 50 }, simulator: { tokensPerSecond: 100 } })
      const mine = await readSome(await bench.post())
      const theirs = await bench.events()
      await mine.return()
      expect(textOf(await allEvents(theirs))).toBe(ANSWER)
    })

    it('stops the run at once where the policy is to cancel', async () => {
      await bench.open({ simulator: STEADY, onDisconnect: 'cancel' })
      await (await readSome(await bench.post())).return()
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
    })

    it('before the provider’s head has left all the same', async () => {
      const provider = await startSilentProvider()
      try {
        await bench.open({ provider: { baseURL: provider.baseURL, apiKey: API_KEY }, onDisconnect: 'cancel' })
        const leaving = new AbortController()
        const response = bench.post(QUESTION, undefined, leaving.signal)
        await until('the provider was asked', () => provider.open === 1)
        leaving.abort()
        await expect(response).rejects.toThrow(/abort/i)
        await until('the provider saw its socket close', () => provider.open === 0)
      } finally {
        await provider.close()
      }
    })

    it('stops a run without a Run-Id at once, whatever the policy', async () => {
      await bench.open({ simulator: STEADY, onDisconnect: 'continue' })
      await (await readSome(await bench.post(QUESTION, {}))).return()
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
    })

    it('leaves a run going where the policy is to continue', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        simulator: STEADY,
        onDisconnect: 'continue',
        onSettled: (outcome) => void settled.push(outcome),
      })
      await (await readSome(await bench.post())).return()
      await until('the run was settled', () => settled.length === 1)
      expect(settled[0]).toMatchObject({ status: 'completed', message: { text: ANSWER } })
    })
  })
}
