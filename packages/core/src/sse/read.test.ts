import { describe, expect, it } from 'vitest'

import { ParseError } from './parse-error.ts'
import { parseSse } from './read.ts'
import { SSE_CASES } from './testing/cases.ts'
import { bytesOf, gather, iterableOf, streamOf } from './testing/sources.ts'
import type { SseEvent } from './types.ts'

/** A stream that gives the pieces and then stalls, closes or fails, and notes its cancel. */
function watchedStream(pieces: readonly string[], end: 'stall' | 'close' | Error) {
  const cancelled: unknown[] = []
  let pulls = 0
  const queue = [...pieces]
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls++
        const piece = queue.shift()
        if (piece !== undefined) controller.enqueue(bytesOf(piece))
        else if (end === 'close') controller.close()
        else if (end !== 'stall') controller.error(end)
      },
      cancel(reason) {
        cancelled.push(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return { stream, cancelled, pulls: () => pulls }
}

async function dataOf(events: AsyncIterable<SseEvent>): Promise<string[]> {
  return (await gather(events)).map(({ data }) => data)
}

const DONE = { done: true, value: undefined }

describe('parseSse', () => {
  it('gives the events of every case, from a stream and from an iterable', async () => {
    for (const { name, input, events, flushed } of SSE_CASES) {
      const bytes = bytesOf(input)
      const half = bytes.length >> 1
      const [first, second] = [bytes.slice(0, half), bytes.slice(half)]
      const sources = [() => streamOf(bytes), () => streamOf(first, second), () => iterableOf(first, second)]
      for (const open of sources) {
        expect(await gather(parseSse(open())), name).toStrictEqual(events)
        const all = flushed ? [...events, flushed] : events
        expect(await gather(parseSse(open(), { flush: true })), name).toStrictEqual(all)
      }
    }
  })

  it('takes an iterable of text', async () => {
    expect(await dataOf(parseSse(iterableOf('data: a\r', '\n\r', '\ndata: b\n', '\n')))).toStrictEqual(['a', 'b'])
  })

  it('calls the other callbacks in stream order', async () => {
    const calls: string[] = []
    const events = parseSse(iterableOf('retry: 5\n: c\nid: 1\n\nx\ndata: a\n\n'), {
      onRetry: (retry) => calls.push(`retry ${retry}`),
      onComment: (comment) => calls.push(`comment ${comment}`),
      onId: (id) => calls.push(`id ${id}`),
      onError: ({ type }) => calls.push(type),
    })
    expect(await dataOf(events)).toStrictEqual(['a'])
    expect(calls).toStrictEqual(['retry 5', 'comment c', 'id 1', 'unknown-field'])
  })

  it('reads no further than the events that were asked for', async () => {
    const { stream, pulls } = watchedStream(['data: a\n\ndata: b\n\n', 'data: c\n\n'], 'close')
    const events = parseSse(stream)
    expect(pulls()).toBe(0)
    await events.next()
    await events.next()
    expect(pulls()).toBe(1)
    await events.next()
    expect(pulls()).toBe(2)
  })

  it('resolves calls of next in their order', async () => {
    const { stream } = watchedStream(['data: a\n\ndata: b\n\n', 'data: c\n\n'], 'close')
    const events = parseSse(stream)
    const results = await Promise.all(Array.from({ length: 5 }, () => events.next()))
    expect(results.map(({ value }) => value?.data)).toStrictEqual(['a', 'b', 'c', undefined, undefined])
    expect(results.map(({ done }) => done)).toStrictEqual([false, false, false, true, true])
  })

  it('lets a later call of next not overtake one that waits', async () => {
    const { stream } = watchedStream(['data: a\n\ndata: b\n\ndata: c\n\n'], 'close')
    const events = parseSse(stream)
    const first = events.next()
    const third = first.then(() => events.next())
    const second = events.next()
    expect((await second).value?.data).toBe('b')
    expect((await third).value?.data).toBe('c')
  })

  it('refuses a locked stream', () => {
    const { stream } = watchedStream([], 'close')
    stream.getReader()
    expect(() => parseSse(stream)).toThrow(TypeError)
  })

  it('holds the lock until the end, then releases it', async () => {
    const { stream, cancelled } = watchedStream(['data: a\n\n'], 'close')
    const events = parseSse(stream)
    expect(stream.locked).toBe(true)
    expect(await dataOf(events)).toStrictEqual(['a'])
    expect(stream.locked).toBe(false)
    expect(cancelled).toStrictEqual([])
    expect(await events.next()).toStrictEqual(DONE)
  })
})

describe('cancelling parseSse', () => {
  it('cancels the source when the loop breaks', async () => {
    const { stream, cancelled } = watchedStream(['data: a\n\ndata: b\n\n'], 'stall')
    for await (const event of parseSse(stream)) {
      expect(event.data).toBe('a')
      break
    }
    expect(cancelled).toHaveLength(1)
    expect(stream.locked).toBe(false)
  })

  it('cancels a stalled stream at once while next waits', async () => {
    const { stream, cancelled } = watchedStream(['data: a\n\n'], 'stall')
    const events = parseSse(stream)
    await events.next()
    const waiting = [events.next(), events.next()]
    await Promise.resolve()
    const returned = events.return?.()
    expect(cancelled).toHaveLength(1)
    expect(await Promise.all([...waiting, returned])).toStrictEqual([DONE, DONE, DONE])
    expect(stream.locked).toBe(false)
    expect(await events.next()).toStrictEqual(DONE)
  })

  it('flushes nothing to a next that waits when it is cancelled', async () => {
    const { stream } = watchedStream(['data: a\n\ndata: half'], 'stall')
    const events = parseSse(stream, { flush: true })
    await events.next()
    const waiting = events.next()
    await events.return?.()
    expect(await waiting).toStrictEqual(DONE)
    expect(await events.next()).toStrictEqual(DONE)
  })

  it('does not reject when the source fails because it was cancelled', async () => {
    let fail: (error: Error) => void = () => {}
    const failing: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((_, reject) => {
            fail = reject
          }),
        return: async () => {
          fail(new Error('aborted'))
          return { done: true, value: undefined }
        },
      }),
    }
    const events = parseSse(failing)
    const waiting = events.next()
    expect(await Promise.all([events.return?.(), waiting])).toStrictEqual([DONE, DONE])
    expect(await events.next()).toStrictEqual(DONE)
  })

  it('does not reject when the source failed just before', async () => {
    let fail: (error: Error) => void = () => {}
    const failing = new ReadableStream<Uint8Array>({
      start(controller) {
        fail = (error) => controller.error(error)
      },
    })
    const events = parseSse(failing)
    const waiting = events.next()
    fail(new Error('socket closed'))
    expect(await Promise.all([events.return?.(), waiting])).toStrictEqual([DONE, DONE])
    expect(failing.locked).toBe(false)
  })

  it('returns from a stalled iterable at once while next waits', async () => {
    let returns = 0
    const stalled: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returns++
          return { done: true, value: undefined }
        },
      }),
    }
    const events = parseSse(stalled)
    const waiting = events.next()
    const returned = events.return?.()
    expect(returns).toBe(1)
    expect(await Promise.all([waiting, returned])).toStrictEqual([DONE, DONE])
  })

  it('does not wait for an async generator that never goes on', async () => {
    async function* stalled(): AsyncGenerator<string> {
      yield 'data: a\n\n'
      await new Promise(() => {})
    }
    const events = parseSse(stalled())
    await events.next()
    const waiting = events.next()
    await Promise.resolve()
    expect(await Promise.all([events.return?.(), waiting])).toStrictEqual([DONE, DONE])
  })

  it('lets an async generator finish when the loop breaks', async () => {
    const steps: string[] = []
    async function* source(): AsyncGenerator<string> {
      try {
        yield 'data: a\n\n'
      } finally {
        await new Promise((resolve) => setTimeout(resolve))
        steps.push('finished')
      }
    }
    for await (const _ of parseSse(source())) break
    expect(steps).toStrictEqual(['finished'])
  })

  it('takes a source without return', async () => {
    const endless: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 'data: a\n\n' }) }),
    }
    for await (const event of parseSse(endless)) {
      expect(event.data).toBe('a')
      break
    }
  })

  it('cancels before the first next, and once only', async () => {
    const { stream, cancelled } = watchedStream(['data: a\n\n'], 'stall')
    const events = parseSse(stream)
    expect(await events.return?.()).toStrictEqual(DONE)
    expect(await events.return?.()).toStrictEqual(DONE)
    expect(await events.next()).toStrictEqual(DONE)
    expect(cancelled).toHaveLength(1)
  })

  it('gives no more of the events it held', async () => {
    const events = parseSse(iterableOf('data: a\n\ndata: b\n\n'))
    await events.next()
    await events.return?.()
    expect(await events.next()).toStrictEqual(DONE)
  })

  it('ignores that the source cannot be cancelled', async () => {
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf('data: a\n\n')),
      cancel: () => Promise.reject(new Error('not now')),
    })
    for await (const _ of parseSse(stream)) break
    expect(stream.locked).toBe(false)
  })
})

describe('a failure in parseSse', () => {
  it('rejects with the error of a stream after the events before it', async () => {
    const error = new Error('socket closed')
    const { stream } = watchedStream(['data: a\n\ndata: b\n\ndata: c'], error)
    const events = parseSse(stream, { flush: true })
    expect(await events.next()).toMatchObject({ value: { data: 'a' } })
    expect(await events.next()).toMatchObject({ value: { data: 'b' } })
    await expect(events.next()).rejects.toBe(error)
    expect(await events.next()).toStrictEqual(DONE)
    expect(stream.locked).toBe(false)
  })

  it('rejects with the error of an iterable, which is not returned from', async () => {
    const error = new Error('socket closed')
    let returns = 0
    const failing: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(error),
        return: async () => {
          returns++
          return { done: true, value: undefined }
        },
      }),
    }
    const events = parseSse(failing)
    await expect(events.next()).rejects.toBe(error)
    expect(await events.return?.()).toStrictEqual(DONE)
    expect(returns).toBe(0)
  })

  it('rejects one of the waiting calls of next and ends the others', async () => {
    const error = new Error('socket closed')
    const { stream } = watchedStream(['data: a\n\n'], error)
    const events = parseSse(stream)
    const results = await Promise.allSettled([events.next(), events.next(), events.next()])
    expect(results).toMatchObject([{ value: { done: false } }, { reason: error }, { value: DONE }])
  })

  it('rejects with the overflow after the events before it, and cancels the source', async () => {
    const { stream, cancelled } = watchedStream([`data: a\n\ndata: ${'x'.repeat(99)}`], 'stall')
    const errors: ParseError[] = []
    const events = parseSse(stream, { maxBufferSize: 20, onError: (error) => errors.push(error) })
    expect(await events.next()).toMatchObject({ value: { data: 'a' } })
    expect(cancelled).toHaveLength(1)
    await expect(events.next()).rejects.toBeInstanceOf(ParseError)
    expect(await events.next()).toStrictEqual(DONE)
    expect(errors).toMatchObject([{ type: 'max-buffer-size-exceeded' }])
    expect(stream.locked).toBe(false)
  })

  it('rejects with what a callback throws after the events before it, and cancels the source', async () => {
    const { stream, cancelled } = watchedStream(['data: a\n\n: c\ndata: b\n\n'], 'stall')
    const error = new Error('from the callback')
    const events = parseSse(stream, {
      onComment() {
        throw error
      },
    })
    expect(await events.next()).toMatchObject({ value: { data: 'a' } })
    await expect(events.next()).rejects.toBe(error)
    expect(cancelled).toHaveLength(1)
    expect(await events.next()).toStrictEqual(DONE)
  })
})
