import { ANSWER, createBench, ID, until } from '@sluice/contract'
import { EventSource } from 'eventsource'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { startExpress } from '../testing/express-server.ts'

const bench = createBench(startExpress((chat) => express().use('/v1', chat)))

afterEach(bench.close)

describe('the eventsource client', () => {
  it('reads a run from its first event to [DONE], asks once more, and is stopped by a 204', async () => {
    await bench.open()
    await (await bench.post()).body?.cancel()
    const asked: (string | null)[] = []
    const statuses: number[] = []
    const source = new EventSource(`${bench.api}/runs/${ID}/events`, {
      fetch: async (url, init) => {
        asked.push(new Headers(init.headers).get('last-event-id'))
        const response = await fetch(url, init)
        statuses.push(response.status)
        return response
      },
    })
    const ids: number[] = []
    let text = ''
    let done = false
    source.addEventListener('message', ({ data, lastEventId }) => {
      if (data === '[DONE]') {
        done = true
        return
      }
      ids.push(Number(lastEventId))
      text += JSON.parse(data).choices[0]?.delta.content ?? ''
    })
    await until('it was stopped', () => source.readyState === source.CLOSED)
    expect(done).toBe(true)
    expect(text).toBe(ANSWER)
    expect(ids).toEqual(ids.map((_, i) => i + 1))
    expect(statuses).toEqual([200, 204])
    expect(asked).toEqual([null, String(ids.length)])
  })
})
