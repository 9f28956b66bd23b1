import { describe, expect, it } from 'vitest'
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

  it('takes back what is pending, and takes requests again', async () => {
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
    expect(published).toEqual([0, 50])
  })
})
