import { describe, expect, it } from 'vitest'
import { streamChat } from '@sluice/core'
import { ANSWER, ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, idsOf, readSome, rest, textOf } from '../event-stream.ts'

export function describeRejoins(bench: Bench): void {
  describe('a rejoin', () => {
    it('goes on exactly behind the event it names, while running and after the end', async () => {
      await bench.open({ simulator: STEADY })
      const reader = await readSome(await bench.post(), 5)
      const joined = [await bench.events('?after=3'), await bench.events('', { 'last-event-id': '3' })]
      const [whole, ...early] = await Promise.all([rest(reader), ...joined.map(allEvents)])
      const late = [await bench.events('?after=3'), await bench.events('', { 'last-event-id': '3' })]
      const tails = [...early, ...(await Promise.all(late.map(allEvents)))]
      for (const tail of tails) {
        expect(tail.slice(2)).toEqual(whole)
        expect(idsOf(tail)).toEqual(idsOf(tail).map((_, i) => i + 4))
      }
    })

    it('from every place in the log misses nothing and doubles nothing', async () => {
      await bench.open()
      const whole = await allEvents(await bench.post())
      const places = idsOf(whole).slice(0, -1)
      const tails = await Promise.all(places.map(async (id) => allEvents(await bench.events(`?after=${id}`))))
      for (const [i, tail] of tails.entries()) expect(tail).toEqual(whole.slice(i + 1))
    })

    it('takes the query’s word against the header’s', async () => {
      await bench.open()
      const whole = await allEvents(await bench.post())
      const response = await bench.events('?after=2', { 'last-event-id': '7' })
      expect(await allEvents(response)).toEqual(whole.slice(2))
    })

    it('is a 204 at the end of a run that has ended, which stops an EventSource', async () => {
      await bench.open()
      const last = idsOf(await allEvents(await bench.post())).at(-1)
      for (const response of [
        await bench.events(`?after=${last}`),
        await bench.events('', { 'last-event-id': `${last}` }),
      ]) {
        expect(response.status).toBe(204)
        expect(await response.text()).toBe('')
      }
    })

    it('waits at the end of a run that goes on', async () => {
      await bench.open({ simulator: STEADY })
      const reader = await readSome(await bench.post(), 5)
      const { lastEventId } = await (await bench.run()).json()
      const tail = await allEvents(await bench.events(`?after=${lastEventId}`))
      expect(tail[0]?.id).toBe(String(lastEventId + 1))
      expect(endOf(tail)).toMatchObject({ status: 'completed' })
      await reader.return()
    })

    it('is a 409 behind a trimmed log, while running and after the end', async () => {
      await bench.open({ simulator: STEADY, limits: { runEvents: 5 } })
      const reader = await readSome(await bench.post(), 12)
      const early = await bench.events('?after=1')
      await rest(reader)
      for (const response of [early, await bench.events('?after=1')]) {
        expect(response.status).toBe(409)
        expect(await response.json()).toMatchObject({ error: { code: 'resume_gap' } })
      }
    })

    it('behind a trimmed log goes on from what GET runs/:id tells', async () => {
      await bench.open({ simulator: STEADY, limits: { runEvents: 5 } })
      const reader = await readSome(await bench.post(), 12)
      const { message, lastEventId } = await (await bench.run()).json()
      const tail = await allEvents(await bench.events(`?after=${lastEventId}`))
      expect(message.text + textOf(tail)).toBe(ANSWER)
      await reader.return()
    })

    it('behind a trimmed log is no loss to Sluice’s own client', async () => {
      await bench.open({ simulator: STEADY, limits: { runEvents: 5 }, onDisconnect: 'continue' })
      let dropped = false
      const run = streamChat({
        api: bench.api,
        model: 'any',
        messages: QUESTION.messages,
        runId: ID,
        async fetch(url, init) {
          const response = await fetch(url, init)
          if (dropped || response.body === null) return response
          dropped = true
          return new Response(response.body.pipeThrough(breaksAfterSome()), response)
        },
      })
      expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: ANSWER } })
      expect(bench.simulator.stats.requests).toHaveLength(1)
    })
  })
}

/** Passes on some bytes, then nothing for a while, then breaks, as a network does. */
function breaksAfterSome(): TransformStream<Uint8Array, Uint8Array> {
  let pieces = 0
  return new TransformStream({
    async transform(bytes, controller) {
      pieces += 1
      if (pieces <= 3) return controller.enqueue(bytes)
      await new Promise((resolve) => setTimeout(resolve, 100))
      throw new Error('The network broke.')
    },
  })
}
