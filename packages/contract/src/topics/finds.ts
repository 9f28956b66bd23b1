import { describe, expect, it } from 'vitest'
import { ANSWER, ID, OTHER_ID, QUESTION, STEADY, type Bench } from '../bench.ts'
import { allEvents, readSome, textOf } from '../event-stream.ts'

export function describeFinds(bench: Bench): void {
  describe('a run', () => {
    it('is found by its thread, with the question and the answer so far', async () => {
      await bench.open({ simulator: STEADY })
      const messages = [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'Build me a tower' },
      ]
      const sluice = { thread: 't 1/ä', parent: 'm1', message: 'm2' }
      const reader = await readSome(await bench.post({ ...QUESTION, messages, sluice }))
      const list = await (await bench.list('t 1/ä')).json()
      const [run] = list.data
      expect(list).toEqual({ object: 'list', data: [run] })
      expect(run).toEqual({
        object: 'run',
        id: ID,
        status: 'streaming',
        created: expect.any(Number),
        thread: 't 1/ä',
        parent: 'm1',
        lastEventId: expect.any(Number),
        usage: expect.objectContaining({ source: 'estimated' }),
        cancellation: null,
        error: null,
        finishReason: null,
        skippedChunks: 0,
        message: expect.objectContaining({ id: 'm2', role: 'assistant', text: expect.any(String) }),
        input: messages.slice(2),
      })
      expect(ANSWER.startsWith(run.message.text)).toBe(true)
      expect(Math.abs(run.created - Date.now() / 1000)).toBeLessThan(60)
      const tail = await allEvents(await bench.events(`?after=${run.lastEventId}`))
      expect(run.message.text + textOf(tail)).toBe(ANSWER)
      expect(await (await bench.list('other')).json()).toEqual({ object: 'list', data: [] })
      await reader.return()
    })

    it('is listed before those that are older, also when it has ended', async () => {
      await bench.open()
      await allEvents(await bench.post({ ...QUESTION, sluice: { thread: 't1' } }))
      await allEvents(await bench.post({ ...QUESTION, sluice: { thread: 't1' } }, { 'run-id': OTHER_ID }))
      const { data } = await (await bench.list('t1')).json()
      expect(data).toMatchObject([
        { id: OTHER_ID, status: 'completed', finishReason: 'stop', message: { text: ANSWER } },
        { id: ID, status: 'completed' },
      ])
    })

    it('is named by its id in whatever case', async () => {
      await bench.open()
      await allEvents(await bench.post())
      expect((await bench.run(ID.toUpperCase())).status).toBe(200)
      expect(textOf(await allEvents(await bench.events('', {}, ID.toUpperCase())))).toBe(ANSWER)
    })
  })
}
