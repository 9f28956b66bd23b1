import type { RunOutcome } from '@sluice/core'
import { describe, expect, it } from 'vitest'
import { ANSWER, ID, OTHER_ID, QUESTION, type Bench } from '../bench.ts'
import { allEvents, endOf } from '../event-stream.ts'
import { until } from '../until.ts'

const away = (): never => {
  throw new Error('the database is away')
}

export function describeHooks(bench: Bench): void {
  describe('prepare', () => {
    it('may change the request, once a run, before onStart is told of it', async () => {
      const seen: unknown[] = []
      let prepared = 0
      await bench.open({
        prepare(request, { runId }) {
          prepared += 1
          return { ...request, model: `cheaper than ${request.model} for ${runId}` }
        },
        onStart: ({ request }) => void seen.push(request.model),
        simulator: {
          answer(request) {
            seen.push(request.model)
            return 'ok'
          },
        },
      })
      await Promise.all((await Promise.all([bench.post(), bench.post()])).map(allEvents))
      expect(seen).toEqual([`cheaper than any for ${ID}`, `cheaper than any for ${ID}`])
      expect(prepared).toBe(1)
    })

    it.each([
      [
        'a plain error with a status',
        Object.assign(new Error('Not this model.'), { status: 403 }),
        403,
        'Not this model.',
      ],
      ['a framework’s error', Object.assign(new Error('secret'), { statusCode: 503 }), 503, 'refused'],
      ['any other error', new Error('secret'), 500, 'failed'],
    ])('refuses a request by %s', async (_, error, status, words) => {
      const settled: RunOutcome[] = []
      await bench.open({
        prepare() {
          throw error
        },
        onSettled: (outcome) => void settled.push(outcome),
      })
      const response = await bench.post()
      expect(response.status).toBe(status)
      const { error: told } = await response.json()
      expect(told).toEqual({
        message: expect.stringContaining(words),
        type: expect.any(String),
        code: expect.any(String),
      })
      expect(JSON.stringify(told)).not.toContain('secret')
      expect(bench.simulator.stats.requests).toHaveLength(0)
      await until('the run was settled', () => settled.length === 1)
      expect(settled).toMatchObject([{ status: 'failed', error: { status } }])
    })
  })

  describe('the hooks', () => {
    it('are told of a start and of an end, once', async () => {
      const calls: string[] = []
      await bench.open({
        onStart: ({ runId, thread }) => void calls.push(`start ${runId} ${thread}`),
        onSettled: ({ status, message }, { runId, thread, attempt }) =>
          void calls.push(`settled ${runId} ${thread} ${status} ${message.text === ANSWER} ${attempt}`),
      })
      await allEvents(await bench.post({ ...QUESTION, sluice: { thread: 't1' } }))
      await until('the run was settled', () => calls.length === 2)
      expect(calls).toEqual([`start ${ID} t1`, `settled ${ID} t1 completed true 1`])
    })

    it('fail the run when onStart throws, before the provider is asked', async () => {
      await bench.open({ onStart: away })
      const response = await bench.post()
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('database')
      expect(bench.simulator.stats.requests).toHaveLength(0)
    })

    it('harm nothing when onSettled throws: it is told to onError, once, and never called again', async () => {
      const errors: unknown[] = []
      let calls = 0
      await bench.open({
        onSettled() {
          calls += 1
          away()
        },
        onError: (error) => errors.push(error),
      })
      expect(endOf(await allEvents(await bench.post()))).toMatchObject({ status: 'completed' })
      await until('the error was told', () => errors.length === 1)
      expect(await (await bench.run()).json()).toMatchObject({ status: 'completed', message: { text: ANSWER } })
      expect(endOf(await allEvents(await bench.post(QUESTION, { 'run-id': OTHER_ID })))).toMatchObject({
        status: 'completed',
      })
      await until('the second error was told', () => errors.length === 2)
      expect(calls).toBe(2)
    })

    it('harm nothing when onSettled hangs', async () => {
      let goOn = (): void => {}
      const hanging = new Promise<void>((resolve) => (goOn = resolve))
      await bench.open({ onSettled: () => hanging, limits: { runs: 1 } })
      expect(endOf(await allEvents(await bench.post()))).toMatchObject({ status: 'completed' })
      expect(await (await bench.run()).json()).toMatchObject({ status: 'completed' })
      expect(await (await bench.cancel()).json()).toMatchObject({ status: 'completed' })
      const next = await bench.post(QUESTION, { 'run-id': OTHER_ID })
      expect(endOf(await allEvents(next))).toMatchObject({ status: 'completed' })
      goOn()
    })

    it('take no answer with them when onError throws', async () => {
      await bench.open({ authorize: away, onError: away })
      const response = await bench.post()
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('database')
    })
  })
}
