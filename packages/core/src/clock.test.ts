import { describe, expect, it } from 'vitest'
import { createFakeClock } from './testing/fake-clock.ts'
import { createAlarm, pause, systemClock, within } from './clock.ts'

describe('systemClock', () => {
  it('calls back once, after its time, unless it was taken back', async () => {
    const began = systemClock.now()
    const called: string[] = []
    systemClock.after(5, () => called.push('taken back'))()
    await new Promise<void>((resolve) => {
      systemClock.after(10, () => {
        called.push('due')
        resolve()
      })
    })
    expect(called).toEqual(['due'])
    expect(systemClock.now() - began).toBeGreaterThanOrEqual(9)
  })

  it('never takes an endless time for none', async () => {
    let called = false
    const stop = systemClock.after(Infinity, () => (called = true))
    await new Promise((resolve) => setTimeout(resolve, 20))
    stop()
    expect(called).toBe(false)
  })
})

describe('createAlarm', () => {
  it('has one alarm at a time', async () => {
    const clock = createFakeClock()
    const alarm = createAlarm(clock)
    const rung: string[] = []
    alarm.clear()
    alarm.set(10, () => rung.push('first'))
    await clock.advance(9)
    alarm.set(10, () => rung.push('second'))
    await clock.advance(9)
    expect(rung).toEqual([])
    await clock.advance(1)
    expect(rung).toEqual(['second'])
    alarm.set(10, () => rung.push('third'))
    alarm.clear()
    await clock.advance(100)
    expect(rung).toEqual(['second'])
  })
})

describe('pause', () => {
  it('ends after its time', async () => {
    const clock = createFakeClock()
    let over = false
    void pause(clock, 10, new AbortController().signal).then(() => (over = true))
    await clock.advance(9)
    expect(over).toBe(false)
    await clock.advance(1)
    expect(over).toBe(true)
  })

  it('ends at once when its signal aborts, also one that was aborted before', async () => {
    const clock = createFakeClock()
    const controller = new AbortController()
    const paused = pause(clock, 10, controller.signal)
    controller.abort()
    await paused
    await pause(clock, 10, controller.signal)
    expect(clock.now()).toBe(0)
  })
})

describe('within', () => {
  it('gives what the promise gives, or nothing when that takes too long', async () => {
    const clock = createFakeClock()
    expect(await within(clock, 10, Promise.resolve('in time'))).toBe('in time')
    await expect(within(clock, 10, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    const late = within(clock, 10, new Promise(() => {}))
    await clock.advance(10)
    expect(await late).toBeUndefined()
  })
})
