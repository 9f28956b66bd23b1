import { describe, expect, it } from 'vitest'
import type { ChatSource, RunServerOptions } from '@sluice/core/server'
import { ID, OTHER_ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome } from '../event-stream.ts'
import { until } from '../until.ts'

/** A source whose head comes, and then nothing. */
const headOnly: ChatSource = async function* (_, { signal }) {
  yield { chunks: [], malformed: 0 }
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

function talk(...texts: readonly string[]): ChatSource {
  return async function* () {
    yield* texts
  }
}

const THIRD_ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a13'

export function describeLimits(bench: Bench): void {
  describe('a limit', () => {
    it.each<[string, RunServerOptions['limits'], ChatSource, string]>([
      ['eventBytes', { eventBytes: 1_000 }, talk('short', 'x'.repeat(1_001)), 'limit'],
      ['messageBytes', { messageBytes: 1_000 }, talk(...Array.from({ length: 20 }, () => 'x'.repeat(100))), 'limit'],
      [
        'messageBytes, whatever it is made of',
        { messageBytes: 1_000 },
        async function* () {
          for (let i = 0; i < 20; i += 1) yield { choices: [{ index: 0, delta: { reasoning: 'x'.repeat(100) } }] }
        },
        'limit',
      ],
      ['firstChunkMs', { firstChunkMs: 50 }, headOnly, 'timeout'],
    ])('%s fails a run that goes past it', async (_, limits, source, code) => {
      await bench.open({ ...(limits !== undefined && { limits }), source })
      const events = await allEvents(await bench.post())
      expect(endOf(events)).toMatchObject({ status: 'failed', error: { code } })
    })

    it.each([
      ['idleMs', { idleMs: 100 }],
      ['totalMs', { totalMs: 300 }],
    ])('%s ends a run that goes past it, with its text', async (_, limits) => {
      await bench.open({ limits })
      const events = await allEvents(await bench.post({ ...QUESTION, model: 'simulator/stall' }))
      expect(endOf(events)).toMatchObject({ status: 'incomplete', error: { code: 'timeout' } })
    })

    it('eventBytes holds for a provider, too', async () => {
      await bench.open({ limits: { eventBytes: 1_000 }, simulator: { answer: () => ['short', 'x'.repeat(2_000)] } })
      const events = await allEvents(await bench.post())
      expect(endOf(events)).toMatchObject({ status: 'failed', error: { code: 'limit' } })
    })

    it('runBytes trims the log, and ends nothing', async () => {
      await bench.open({ limits: { runBytes: 1_000 } })
      expect(endOf(await allEvents(await bench.post()))).toMatchObject({ status: 'completed' })
      expect((await bench.events('?after=1')).status).toBe(409)
    })

    it('retentionMs forgets a run when its time is over', async () => {
      await bench.open({ limits: { retentionMs: 400 } })
      await allEvents(await bench.post())
      expect((await bench.run()).status).toBe(200)
      await until('it is forgotten', async () => (await bench.run()).status === 404)
      expect((await bench.events()).status).toBe(404)
    })

    it.each([['runs'], ['runsPerOwner']])('%s refuses one more, and takes it when there is room', async (name) => {
      await bench.open({ simulator: STEADY, limits: { [name]: 1 } })
      const reader = await readSome(await bench.post())
      const refused = await bench.post(QUESTION, { 'run-id': OTHER_ID })
      expect(refused.status).toBe(429)
      expect(await refused.json()).toMatchObject({ error: { code: 'rate_limited' } })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      // A repeated start is none.
      const again = await bench.post()
      expect(again.status).toBe(200)
      await again.body?.cancel()
      await bench.cancel()
      await reader.return()
      const next = await bench.post(QUESTION, { 'run-id': OTHER_ID })
      expect(next.status).toBe(200)
      await allEvents(next)
      expect(bench.simulator.stats.requests).toHaveLength(2)
    })

    it('never refuses a start that is repeated: its client would ask, and pay, under another id', async () => {
      await bench.open({ limits: { runs: 1 }, simulator: STEADY })
      const events = await allEvents(await bench.post())
      const other = await readSome(await bench.post(QUESTION, { 'run-id': OTHER_ID }))
      expect(await allEvents(await bench.post())).toEqual(events)
      expect(bench.simulator.stats.requests).toHaveLength(2)
      await other.return()
    })

    it('holds when all ask at once', async () => {
      await bench.open({ simulator: STEADY, limits: { runsPerOwner: 1 } })
      const ids = [ID, OTHER_ID, THIRD_ID]
      const responses = await Promise.all(ids.map((id) => bench.post(QUESTION, { 'run-id': id })))
      expect(responses.map(({ status }) => String(status)).toSorted()).toEqual(['200', '429', '429'])
      await Promise.all(responses.map((response) => response.text()))
      expect(bench.simulator.stats.requests).toHaveLength(1)
    })

    it('is counted for each owner', async () => {
      await bench.open({
        limits: { runsPerOwner: 1 },
        authorize: (header) => ({ owner: header('authorization') ?? '' }),
      })
      const responses = await Promise.all(
        ['ann', 'bob'].map((authorization) => bench.post(QUESTION, { 'run-id': ID, authorization })),
      )
      expect(responses.map(({ status }) => status)).toEqual([200, 200])
      await Promise.all(responses.map(allEvents))
    })
  })
}
