import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, OTHER_ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome, rest, textOf } from '../event-stream.ts'
import { until } from '../until.ts'
import { startWithoutReading } from './stalls.ts'

export function describeShutdowns(bench: Bench): void {
  describe('shutdown', () => {
    it('refuses new runs, breaks off the rest with their text, and lets the server close', async () => {
      const settled: RunOutcome[] = []
      await bench.open({ simulator: STEADY, onSettled: (outcome) => void settled.push(outcome) })
      const reader = await readSome(await bench.post())
      const down = bench.server.shutdown({ graceMs: 100 })
      const refused = await bench.post(QUESTION, { 'run-id': OTHER_ID })
      expect(refused.status).toBe(503)
      expect(await refused.json()).toMatchObject({ error: { code: 'server_shutdown' } })
      const again = await bench.post()
      expect(again.status).toBe(200) // a repeated start is none
      await down
      expect(settled).toMatchObject([{ status: 'incomplete', error: { code: 'server_shutdown' } }])
      for (const events of [await rest(reader), await allEvents(again)]) {
        expect(endOf(events)).toMatchObject({ status: 'incomplete', error: { code: 'server_shutdown' } })
      }
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      await bench.server.stopListening()
    })

    it('lets an answer end that ends within the grace', async () => {
      await bench.open({ simulator: STEADY })
      const reader = await readSome(await bench.post(), 0)
      const down = bench.server.shutdown({ graceMs: 4_000 })
      const events = await rest(reader)
      expect(textOf(events)).toBe(ANSWER)
      expect(endOf(events)).toMatchObject({ status: 'completed' })
      await down
      await bench.server.stopListening()
    })

    it('breaks off an answer that is gathered, with 503', async () => {
      await bench.open({ simulator: STEADY })
      const answer = bench.post({ ...QUESTION, stream: false })
      await until('the provider was asked', () => bench.simulator.stats.open === 1)
      await bench.server.shutdown({ graceMs: 0 })
      expect((await answer).status).toBe(503)
      await bench.server.stopListening()
    })

    it('waits for no viewer that has stopped reading', async () => {
      await bench.open({
        async *source(_, { signal }) {
          const padding = 'x'.repeat(256 * 1024)
          while (!signal.aborted) {
            yield { choices: [{ index: 0, delta: { content: 'x' } }], padding }
            await new Promise((resolve) => setTimeout(resolve, 1))
          }
        },
      })
      const stalled = await startWithoutReading(bench.api)
      // 26 MB: more than what the sockets of a loopback take in.
      await until('it is far behind', async () => (await (await bench.run()).json()).lastEventId > 100)
      await bench.server.shutdown({ graceMs: 0 })
      await bench.server.stopListening()
      expect(stalled.readableEnded).toBe(false)
      stalled.destroy()
    })

    it('leaves no connection open that a client keeps alive', async () => {
      await bench.open()
      const agent = new Agent({ keepAlive: true })
      try {
        const asked = request(`${bench.api}/runs?thread=t1`, { agent }).end()
        const [response] = await once(asked, 'response')
        response.resume()
        await once(response, 'end')
        await until('its connection is idle', () => Object.keys(agent.freeSockets).length === 1)
        await bench.server.shutdown()
        await bench.server.stopListening()
        await until('its connection has closed', () => Object.keys(agent.freeSockets).length === 0)
        expect(response.statusCode).toBe(200)
      } finally {
        agent.destroy()
      }
    })

    it('may be asked for twice, and leaves ended runs readable', async () => {
      await bench.open()
      await allEvents(await bench.post())
      await Promise.all([bench.server.shutdown(), bench.server.shutdown()])
      expect(textOf(await allEvents(await bench.events()))).toBe(ANSWER)
    })
  })
}
