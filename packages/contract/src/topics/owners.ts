import { describe, expect, it } from 'vitest'
import { ANSWER, ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, endOf, readSome, rest } from '../event-stream.ts'
import type { ServerOptions } from '../server-options.ts'

const byHeader: NonNullable<ServerOptions['authorize']> = (header) => {
  const owner = header('authorization')
  return owner === undefined ? null : { owner }
}

const ANN = { authorization: 'ann' }
const BOB = { authorization: 'bob' }

export function describeOwners(bench: Bench): void {
  describe('an owner', () => {
    it('is asked for at every route, before anything else', async () => {
      await bench.open({ authorize: byHeader })
      const refused = [
        await bench.post(),
        await bench.post('no JSON', { 'content-type': 'text/plain' }),
        await bench.run(),
        await bench.run('nobody'),
        await bench.events(),
        await bench.list('t1'),
        await bench.cancel(),
        await fetch(`${bench.api}/models`),
      ]
      for (const response of refused) {
        expect(response.status).toBe(401)
        expect(await response.json()).toMatchObject({ error: { code: 'unauthorized' } })
      }
      expect(bench.simulator.stats.requests).toHaveLength(0)
    })

    it('is somebody: an empty name is nobody’s', async () => {
      await bench.open({ authorize: () => ({ owner: '' }) })
      expect((await bench.post()).status).toBe(401)
    })

    it('never meets another owner’s runs', async () => {
      await bench.open({ simulator: STEADY, authorize: byHeader })
      const start = { ...QUESTION, sluice: { thread: 't1' } }
      const reader = await readSome(await bench.post(start, { 'run-id': ID, ...ANN }))
      expect((await bench.run(ID, BOB)).status).toBe(404)
      expect((await bench.events('', BOB)).status).toBe(404)
      expect(await (await bench.list('t1', BOB)).json()).toEqual({ object: 'list', data: [] })
      // To Bob there is no such run, so his cancel is one that came before a start of his.
      expect(await (await bench.cancel(ID, BOB)).json()).toMatchObject({
        message: { text: '' },
        cancellation: { upstream: 'not-started' },
        input: [],
        thread: null,
      })
      await rest(reader)
      const events = await allEvents(await bench.events('', ANN))
      expect(endOf(events)).toMatchObject({ status: 'completed' })
      expect(await (await bench.run(ID, ANN)).json()).toMatchObject({ message: { text: ANSWER } })
      for (const response of [await bench.run(ID, BOB), await bench.events('', BOB)]) {
        expect(response.status).toBe(404)
        expect(await response.text()).not.toContain('t1')
      }
    })

    it('may use an id that another owner uses', async () => {
      await bench.open({ authorize: byHeader })
      const [anns, bobs] = await Promise.all([
        bench.post({ ...QUESTION, model: 'ann' }, { 'run-id': ID, ...ANN }),
        bench.post({ ...QUESTION, model: 'bob' }, { 'run-id': ID, ...BOB }),
      ])
      await Promise.all([allEvents(anns), allEvents(bobs)])
      expect(bench.simulator.stats.requests.map(({ model }) => model).toSorted()).toEqual(['ann', 'bob'])
    })

    it.each([
      ['a plain error with a status', Object.assign(new Error('Pay first.'), { status: 402 }), 402, 'Pay first.'],
      ['a framework’s error', Object.assign(new Error('secret'), { statusCode: 503 }), 503, 'refused'],
      ['any other error', new Error('secret'), 500, 'failed'],
      ['an error with a status that is none', Object.assign(new Error('secret'), { status: 200 }), 500, 'failed'],
    ])('that cannot be told because of %s is refused', async (_, error, status, words) => {
      await bench.open({
        authorize() {
          throw error
        },
      })
      const response = await bench.run()
      expect(response.status).toBe(status)
      const { error: told } = await response.json()
      expect(told.message).toContain(words)
      expect(JSON.stringify(told)).not.toContain('secret')
    })
  })
}
