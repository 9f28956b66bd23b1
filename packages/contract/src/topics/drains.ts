import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, ID, STEADY, TOKENS, type Bench } from '../bench.ts'
import { endOf, readSome, rest, textOf } from '../event-stream.ts'
import { until } from '../until.ts'

export function describeDrains(bench: Bench): void {
  describe('a cancel that drains', () => {
    it('is told at once, and settled with the provider’s own count', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        onCancel: { drainMs: 5_000 },
        onSettled: (outcome) => void settled.push(outcome),
        simulator: STEADY,
      })
      const reader = await readSome(await bench.post())
      const response = await bench.cancel()
      const run = await response.json()
      expect(run).toMatchObject({
        status: 'cancelled',
        cancellation: { requestedBy: 'user', upstream: 'draining', billing: 'continues', closedAfterMs: null },
      })
      const tail = await rest(reader)
      expect(endOf(tail)).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'draining' } })
      expect(bench.simulator.stats.open).toBe(1)
      expect(settled).toEqual([])
      // What is asked of the run while it drains waits for the count.
      const found = await (await bench.run()).json()
      expect(found).toMatchObject({
        id: ID,
        status: 'cancelled',
        lastEventId: run.lastEventId,
        usage: { source: 'provider', outputTokens: TOKENS.length },
        cancellation: { requestedBy: 'user', upstream: 'drained', billing: 'continues' },
        message: run.message,
      })
      await until('the run was settled', () => settled.length > 0)
      expect(settled).toMatchObject([
        { status: 'cancelled', usage: found.usage, cancellation: found.cancellation, message: run.message },
      ])
      expect(await (await bench.run()).json()).toEqual(found)
      expect(run.message.text.length).toBeLessThan(ANSWER.length)
      expect(ANSWER.startsWith(run.message.text)).toBe(true)
      expect(run.message.text.endsWith(textOf(tail))).toBe(true)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('finished')
    })

    it('closes the provider’s socket when its time is over', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        onCancel: { drainMs: 60 },
        onSettled: (outcome) => void settled.push(outcome),
        simulator: { tokensPerSecond: 10 },
      })
      const reader = await readSome(await bench.post(), 2)
      await bench.cancel()
      await until('the run was settled', () => settled.length > 0)
      expect(settled).toMatchObject([
        { usage: { source: 'estimated' }, cancellation: { upstream: 'closed', billing: 'unknown' } },
      ])
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
      await reader.return()
    })

    it('does not outlive a shutdown', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        onCancel: { drainMs: 60_000 },
        onSettled: (outcome) => void settled.push(outcome),
        simulator: { tokensPerSecond: 2 },
      })
      const reader = await readSome(await bench.post(), 2)
      await bench.cancel()
      await rest(reader)
      await bench.server.shutdown({ graceMs: 0 })
      expect(settled).toMatchObject([{ status: 'cancelled', cancellation: { upstream: 'closed' } }])
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    })

    it('asks for nothing where the provider was not asked', async () => {
      await bench.open({ onCancel: { drainMs: 5_000 }, prepare: () => new Promise(() => {}) })
      const response = bench.post()
      await until('the run is known', async () => (await bench.run()).status === 200)
      expect(await (await bench.cancel()).json()).toMatchObject({
        cancellation: { upstream: 'not-started', billing: 'stopped' },
      })
      await response
    })
  })
}
