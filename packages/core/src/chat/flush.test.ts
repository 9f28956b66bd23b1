import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createFlush } from './flush.ts'

describe('createFlush', () => {
  it('publishes the first at once, then what gathers, at most once in its time', async () => {
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 50, () => published.push(clock.now()))
    flush.request()
    expect(published).toEqual([0])
    for (let ms = 0; ms < 200; ms += 5) {
      flush.request()
      await clock.advance(5)
    }
    expect(published).toEqual([0, 50, 100, 150, 200])
  })

  it('publishes the last of a burst, and then nothing more', async () => {
    const clock = createFakeClock()
    let published = 0
    const flush = createFlush(clock, 50, () => (published += 1))
    flush.request()
    flush.request()
    flush.request()
    await clock.advance(49)
    expect(published).toBe(1)
    await clock.advance(1)
    expect(published).toBe(2)
    await clock.advance(1000)
    expect(published).toBe(2)
  })

  it('publishes at once what comes after a rest', async () => {
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 50, () => published.push(clock.now()))
    flush.request()
    await clock.advance(50)
    flush.request()
    expect(published).toEqual([0, 50])
  })

  it('takes back what is pending, and publishes what comes next at once', async () => {
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 50, () => published.push(clock.now()))
    flush.drop()
    flush.request()
    await clock.advance(10)
    flush.request()
    flush.drop()
    await clock.advance(30)
    expect(published).toEqual([0])
    flush.request()
    await clock.advance(1000)
    expect(published).toEqual([0, 40])
  })
})

describe('createFlush in a page', () => {
  afterEach(() => vi.unstubAllGlobals())

  /** A page whose frames come when the test says so. */
  function stubFrames(): { frame(): void; readonly waiting: number } {
    let callbacks = new Map<number, () => void>()
    let last = 0
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
      callbacks.set(++last, callback)
      return last
    })
    vi.stubGlobal('cancelAnimationFrame', (id: number) => callbacks.delete(id))
    return {
      frame() {
        const due = callbacks
        callbacks = new Map()
        due.forEach((callback) => callback())
      },
      get waiting() {
        return callbacks.size
      },
    }
  }

  it('waits for the first frame after its time', async () => {
    const page = stubFrames()
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 50, () => published.push(clock.now()))
    flush.request()
    flush.request()
    await clock.advance(49)
    expect(page.waiting).toBe(0)
    await clock.advance(11)
    page.frame()
    expect(published).toEqual([0, 60])
    await clock.advance(1000)
    expect(published).toEqual([0, 60])
  })

  it('goes on without frames where they do not come, as in a tab that nobody sees', async () => {
    const page = stubFrames()
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 50, () => published.push(clock.now()))
    flush.request()
    flush.request()
    await clock.advance(1000)
    expect(published).toEqual([0, 150])
    expect(page.waiting).toBe(0)
  })

  it('publishes in each frame, if it is to', async () => {
    const page = stubFrames()
    const clock = createFakeClock()
    const published: number[] = []
    const flush = createFlush(clock, 'frame', () => published.push(clock.now()))
    flush.request()
    for (let i = 0; i < 3; i += 1) {
      flush.request()
      await clock.advance(10)
      page.frame()
    }
    expect(published).toEqual([0, 10, 20, 30])
    flush.request()
    flush.drop()
    expect(page.waiting).toBe(0)
    await clock.advance(1000)
    expect(published).toHaveLength(4)
  })
})
