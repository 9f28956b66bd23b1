import { describe, expect, it } from 'vitest'
import { ANSWER, ID, QUESTION, STEADY, TOKENS, type Bench } from '../bench.ts'
import { allEvents, endOf, idsOf, readSome, rest, textOf } from '../event-stream.ts'
import { until } from '../until.ts'

export function describeStarts(bench: Bench): void {
  describe('a start', () => {
    it('streams the provider’s chunks, numbered, then the end and [DONE]', async () => {
      await bench.open()
      const response = await bench.post()
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
      expect(response.headers.get('x-accel-buffering')).toBe('no')
      expect(response.headers.get('run-id')).toBe(ID)
      const events = await allEvents(response)
      expect(textOf(events)).toBe(ANSWER)
      expect(events.at(-1)).toEqual({ id: undefined, data: '[DONE]' })
      expect(idsOf(events)).toEqual(idsOf(events).map((_, i) => i + 1))
      expect(endOf(events)).toMatchObject({
        status: 'completed',
        finishReason: 'stop',
        usage: { source: 'provider', outputTokens: TOKENS.length },
      })
    })

    it('writes no block without data, heartbeats included', async () => {
      await bench.open({
        heartbeatMs: 10,
        simulator: { firstTokenMs: 60, tokensPerSecond: 20, answer: () => ['a', 'b'] },
      })
      const text = await (await bench.post()).text()
      expect(text).toContain(': ping\n')
      expect(text).not.toContain(': ping\n\n')
      const blocks = text.split('\n\n')
      expect(blocks.pop()).toBe('')
      for (const block of blocks) expect(block).toMatch(/^data: /m)
      expect(text).not.toMatch(/^event:/m)
    })

    it('shows the provider’s usage chunk to who asked for it, and to nobody else', async () => {
      await bench.open()
      const silent = await allEvents(await bench.post(QUESTION, {}))
      const asked = await allEvents(await bench.post({ ...QUESTION, stream_options: { include_usage: true } }, {}))
      const usages = (events: typeof asked): number =>
        events.filter(({ data }) => data !== '[DONE]' && data.choices?.length === 0).length
      expect([usages(silent), usages(asked)]).toEqual([0, 1])
      expect(idsOf(asked)).toHaveLength(idsOf(silent).length + 1)
    })

    it('gives a run without a name one, and tells it', async () => {
      await bench.open()
      const response = await bench.post(QUESTION, {})
      const id = response.headers.get('run-id') ?? ''
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      await allEvents(response)
      expect(await (await bench.run(id)).json()).toMatchObject({ id, status: 'completed' })
    })

    it('attaches when the same id and body come again: both at once, in the middle and after the end', async () => {
      await bench.open({ simulator: STEADY })
      const both = await Promise.all([bench.post(), bench.post()])
      const readers = await Promise.all(both.map((response) => readSome(response, 0)))
      const later = await bench.post()
      const streams = await Promise.all([...readers.map(rest), allEvents(later)])
      streams.push(await allEvents(await bench.post()))
      expect(textOf(streams[0] ?? [])).toBe(ANSWER)
      for (const stream of streams) expect(stream).toEqual(streams[0])
      expect(bench.simulator.stats.requests).toHaveLength(1)
    })

    it('refuses another body under the same id, while the run goes on and after it', async () => {
      await bench.open({ simulator: STEADY })
      const first = await bench.post()
      const conflicts = [await bench.post({ ...QUESTION, model: 'other' })]
      await allEvents(first)
      conflicts.push(await bench.post({ ...QUESTION, stream: false }))
      for (const response of conflicts) {
        expect(response.status).toBe(409)
        expect(await response.json()).toMatchObject({ error: { code: 'run_conflict' } })
      }
      expect(bench.simulator.stats.requests).toHaveLength(1)
    })

    it('keeps its own field from the provider', async () => {
      let seen: unknown
      await bench.open({
        async *source(request) {
          seen = request
          yield 'ok'
        },
      })
      await allEvents(await bench.post({ ...QUESTION, temperature: 0.5, sluice: { thread: 't1' } }))
      expect(seen).toEqual({ ...QUESTION, temperature: 0.5 })
    })
  })

  describe('a start without a stream', () => {
    it('is answered by one chat.completion, gathered from a stream', async () => {
      await bench.open()
      const response = await bench.post({ ...QUESTION, stream: false }, {})
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(await response.json()).toMatchObject({
        object: 'chat.completion',
        choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
        usage: { completion_tokens: TOKENS.length },
        sluice: { status: 'completed' },
      })
    })

    it('can be cancelled, which closes the provider’s socket and answers with what there is', async () => {
      await bench.open({ simulator: { tokensPerSecond: 50 } })
      const { stream: _, ...body } = QUESTION
      const answer = bench.post(body)
      await until('some tokens have come', () => bench.simulator.stats.produced > 3)
      expect((await bench.cancel()).status).toBe(202)
      const response = await answer
      expect(response.status).toBe(200)
      const completion = await response.json()
      expect(completion).toMatchObject({
        object: 'chat.completion',
        choices: [{ finish_reason: 'stop' }],
        sluice: { status: 'cancelled', cancellation: { upstream: 'closed' } },
      })
      expect(ANSWER.startsWith(completion.choices[0].message.content)).toBe(true)
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
    })

    it('is stopped when the client that waits for it hangs up', async () => {
      await bench.open({ simulator: { tokensPerSecond: 20 } })
      const leaving = new AbortController()
      const answer = bench.post({ ...QUESTION, stream: false }, {}, leaving.signal)
      await until('the provider was asked', () => bench.simulator.stats.open === 1)
      leaving.abort()
      await expect(answer).rejects.toThrow(/abort/i)
      await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
      expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
    })

    it('that fails is an error with its status', async () => {
      await bench.open()
      const response = await bench.post({ ...QUESTION, stream: false, model: 'simulator/error' })
      expect(response.status).toBe(502)
      expect(await response.json()).toMatchObject({ error: { message: expect.any(String), code: expect.any(String) } })
    })
  })

  it('lists the provider’s models', async () => {
    await bench.open()
    const models = await fetch(`${bench.api}/models`)
    expect(await models.json()).toMatchObject({ object: 'list', data: expect.any(Array) })
  })
}
