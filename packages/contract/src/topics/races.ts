import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome, textOf } from '../event-stream.ts'
import { until } from '../until.ts'

const OTHER_QUESTION = { ...QUESTION, model: 'other' }

/** What PROTOCOL.md says of races in words alone. */
export function describeRaces(bench: Bench): void {
  describe('a race', () => {
    it('of two starts with one id and two bodies runs one, and refuses the other', async () => {
      await bench.open()
      const both = await Promise.all([bench.post(), bench.post(OTHER_QUESTION)])
      const texts = await Promise.all(both.map((response) => response.text()))
      const refused = both.findIndex(({ status }) => status === 409)
      expect(JSON.parse(texts[refused] ?? '')).toMatchObject({ error: { code: 'run_conflict' } })
      expect(texts[1 - refused]).toMatch(/\n\ndata: \[DONE\]\n\n$/)
      expect(bench.simulator.stats.requests).toHaveLength(1)
    })

    it('of a stop and the breaking of its connections: the stop, asked for again, tells the same end', async () => {
      const settled: RunOutcome[] = []
      await bench.open({ simulator: STEADY, onSettled: (outcome) => void settled.push(outcome) })
      const reader = await readSome(await bench.post())
      const breaking = new AbortController()
      const first = fetch(`${bench.api}/runs/${ID}/cancel`, { method: 'POST', signal: breaking.signal })
      await until('the stop was heard', () => bench.simulator.stats.open === 0)
      breaking.abort()
      await Promise.all([reader.return(), first.catch(() => {})])
      const again = await (await bench.cancel()).json()
      expect(again).toMatchObject({ status: 'cancelled', cancellation: { requestedBy: 'user', upstream: 'closed' } })
      await until('the run was settled', () => settled.length > 0)
      expect(settled).toMatchObject([{ status: 'cancelled', message: { text: again.message.text } }])
    })

    it('of the last viewer’s leaving and the end cancels nothing', async () => {
      const settled: RunOutcome[] = []
      await bench.open({
        simulator: STEADY,
        onDisconnect: { graceMs: 2_000 },
        onSettled: (outcome) => void settled.push(outcome),
      })
      await (await readSome(await bench.post(), 30)).return()
      await until('the run was settled', () => settled.length === 1)
      expect(settled[0]).toMatchObject({ status: 'completed', message: { text: ANSWER } })
    })

    it('of a viewer’s coming back and the grace has one of two ends', async () => {
      const graceMs = 40
      await bench.open({ simulator: STEADY, onDisconnect: { graceMs } })
      await (await readSome(await bench.post())).return()
      await new Promise((resolve) => setTimeout(resolve, graceMs))
      const events = await allEvents(await bench.events())
      const { status, cancellation } = { cancellation: null, ...endOf(events) }
      expect([
        { status: 'completed', cancellation: null, isWhole: true },
        { status: 'cancelled', cancellation: expect.objectContaining({ requestedBy: 'disconnect' }), isWhole: false },
      ]).toContainEqual({ status, cancellation, isWhole: textOf(events) === ANSWER })
    })
  })
}
