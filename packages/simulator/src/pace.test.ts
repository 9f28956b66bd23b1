import { describe, expect, it } from 'vitest'
import { dueTime, systemClock } from './pace.ts'
import { last, pause, post, startSimulator, ask } from './testing/client.ts'

describe('dueTime', () => {
  it('is the start, the first delay and the tokens before it', () => {
    const pace = { firstTokenMs: 200, tokensPerSecond: 50 }
    expect([0, 1, 50].map((index) => dueTime(1000, pace, index))).toEqual([1200, 1220, 2200])
  })

  it('knows no waiting at an infinite rate', () => {
    expect(dueTime(1000, { firstTokenMs: 5, tokensPerSecond: Infinity }, 1e9)).toBe(1005)
  })
})

describe('systemClock', () => {
  it('is never early', async () => {
    const { now, until } = systemClock
    const waits = Array.from({ length: 40 }, async (_, index) => {
      const due = now() + index * 0.7
      await until(due, new AbortController().signal)
      expect(now()).toBeGreaterThanOrEqual(due)
    })
    await Promise.all(waits)
  })

  it('wakes as soon as the signal aborts', async () => {
    const stop = new AbortController()
    const start = performance.now()
    setTimeout(() => stop.abort(), 10)
    await systemClock.until(systemClock.now() + 60_000, stop.signal)
    await systemClock.until(systemClock.now() + 60_000, stop.signal)
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it('lets other events in, also when the time has come', async () => {
    let turned = false
    setImmediate(() => {
      turned = true
    })
    await systemClock.until(0, new AbortController().signal)
    expect(turned).toBe(true)
  })
})

describe('the pace of an answer', () => {
  it('holds every token back until it is due', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 200, firstTokenMs: 60, answer: () => 'a b c d e f g h' })
    await (await post(simulator, ask('hi'))).text()
    const { startedAt, tokenTimes } = last(simulator)
    expect(tokenTimes).toHaveLength(8)
    for (const [index, time] of tokenTimes.entries()) {
      expect(time - startedAt).toBeGreaterThanOrEqual(60 + index * 5)
    }
  })

  it('catches up after the machine stood still', async () => {
    const answer = Array.from({ length: 80 }, (_, index) => `${index} `)
    const simulator = await startSimulator({ tokensPerSecond: 100, firstTokenMs: 0, answer: () => answer })
    const reading = post(simulator, ask('hi')).then((response) => response.text())
    await pause(100)
    const wake = performance.now() + 400
    while (performance.now() < wake);
    await reading
    const { startedAt, tokenTimes } = last(simulator)
    const late = (tokenTimes.at(-1) ?? 0) - (startedAt + 790)
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(200)
  })
})
