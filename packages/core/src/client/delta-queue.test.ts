import { describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import type { ChatDelta } from '../message/chunk.ts'
import { createDeltaQueue, type DeltaQueue } from './delta-queue.ts'

const ERROR = new ChatStreamError('truncated', 'It ended.')
const over = { done: true, value: undefined }

function reader(queue: DeltaQueue, onReturn = async (): Promise<void> => {}): AsyncIterator<ChatDelta, undefined> {
  return queue.iterate(onReturn)
}

function fill(queue: DeltaQueue, ...texts: readonly string[]): void {
  for (const text of texts) queue.push({ text })
}

describe('createDeltaQueue', () => {
  it('keeps the deltas until they are read, in order', async () => {
    const queue = createDeltaQueue()
    const deltas = reader(queue)
    fill(queue, 'a', 'b')
    expect(await deltas.next()).toEqual({ done: false, value: { text: 'a' } })
    fill(queue, 'c')
    expect(await deltas.next()).toEqual({ done: false, value: { text: 'b' } })
    expect(await deltas.next()).toEqual({ done: false, value: { text: 'c' } })
    queue.end(undefined)
    expect(await deltas.next()).toEqual(over)
    expect(await deltas.next()).toEqual(over)
  })

  it('gives deltas to readers who wait, in the order in which they asked', async () => {
    const queue = createDeltaQueue()
    const deltas = reader(queue)
    const waiting = [deltas.next(), deltas.next(), deltas.next()]
    fill(queue, 'a', 'b')
    queue.end(undefined)
    expect(await Promise.all(waiting)).toEqual([
      { done: false, value: { text: 'a' } },
      { done: false, value: { text: 'b' } },
      over,
    ])
  })

  it('gives what is left before it throws, and throws once', async () => {
    const queue = createDeltaQueue()
    const deltas = reader(queue)
    fill(queue, 'a')
    queue.end(ERROR)
    queue.end(undefined)
    expect(await deltas.next()).toEqual({ done: false, value: { text: 'a' } })
    await expect(deltas.next()).rejects.toBe(ERROR)
    expect(await deltas.next()).toEqual(over)
  })

  it('throws at a reader who waits', async () => {
    const queue = createDeltaQueue()
    const waiting = reader(queue).next()
    queue.end(ERROR)
    await expect(waiting).rejects.toBe(ERROR)
  })

  it('forgets what was not read when it is stopped, and ends quietly whatever comes then', async () => {
    const queue = createDeltaQueue()
    const deltas = reader(queue)
    fill(queue, 'a', 'b')
    queue.stop()
    queue.end(ERROR)
    expect(await deltas.next()).toEqual(over)
  })

  it('lets go of a reader who waits when it is stopped', async () => {
    const queue = createDeltaQueue()
    const waiting = reader(queue).next()
    queue.stop()
    expect(await waiting).toEqual(over)
  })

  it('waits for what leaving the loop has set going', async () => {
    const queue = createDeltaQueue()
    let left = false
    const deltas = reader(queue, async () => {
      await Promise.resolve()
      left = true
    })
    expect(await deltas.return?.()).toEqual(over)
    expect(left).toBe(true)
  })
})
