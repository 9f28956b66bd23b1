import { describe, expect, it } from 'vitest'
import { createMeter } from './meter.ts'
import type { SimulatorRequest } from './meter.ts'

const FACTS = { id: 'chatcmpl-1', model: 'any', prompt: 'hi', scenario: 'normal' } as const

/** A clock that a test sets by hand. */
function handClock(): { now: () => number; at: number } {
  const clock = { at: 1000, now: () => clock.at }
  return clock
}

describe('createMeter', () => {
  it('counts a finished request', () => {
    const clock = handClock()
    const { stats, begin } = createMeter(clock.now)
    const recording = begin(FACTS)
    clock.at = 1020.5
    recording.token()
    expect(stats).toMatchObject({ open: 1, produced: 1, billed: 1 })
    clock.at = 1030
    recording.end('finished')
    expect(stats).toEqual({
      open: 0,
      produced: 1,
      billed: 1,
      requests: [
        {
          ...FACTS,
          startedAt: 1000,
          endedAt: 1030,
          closedAt: null,
          produced: 1,
          afterHangup: 0,
          billed: 1,
          tokenTimes: [1020.5],
          outcome: 'finished',
        },
      ],
    })
  })

  it('tells tokens generated after a hang-up apart, by the time the socket closed', () => {
    const clock = handClock()
    const { stats, begin } = createMeter(clock.now)
    const recording = begin(FACTS)
    recording.token()
    clock.at = 1010
    recording.hangup()
    expect(stats.requests[0]).toMatchObject({ outcome: 'open', closedAt: 1010 })
    clock.at = 1020
    recording.token()
    recording.hangup()
    recording.end('finished')
    expect(stats.requests[0]).toMatchObject({
      outcome: 'hung-up',
      closedAt: 1010,
      endedAt: 1020,
      produced: 2,
      afterHangup: 1,
      billed: 2,
    })
  })

  it('lets the first end stand', () => {
    const { stats, begin } = createMeter(handClock().now)
    const recording = begin(FACTS)
    recording.end('failed')
    recording.hangup()
    recording.end('finished')
    expect(stats.open).toBe(0)
    expect(stats.requests[0]?.outcome).toBe('failed')
  })

  it('keeps the newest 1,000 requests and exact totals', () => {
    const { stats, begin } = createMeter(handClock().now)
    for (let n = 0; n < 1200; n += 1) {
      const recording = begin({ ...FACTS, id: `chatcmpl-${n}` })
      recording.token()
      if (n % 2 === 0) recording.end('finished')
    }
    expect(stats).toMatchObject({ open: 600, produced: 1200, billed: 1200 })
    expect(stats.requests).toHaveLength(1000)
    expect(stats.requests.at(0)?.id).toBe('chatcmpl-200')
    expect(stats.requests.at(-1)?.id).toBe('chatcmpl-1199')
  })

  it('keeps the newest 2,000 token times and the exact count', () => {
    const clock = handClock()
    const { stats, begin } = createMeter(clock.now)
    const recording = begin(FACTS)
    for (clock.at = 1; clock.at <= 7001; clock.at += 1) recording.token()
    const [request] = stats.requests
    expect(request?.produced).toBe(7001)
    expect(request?.tokenTimes).toHaveLength(2000)
    expect(request?.tokenTimes.at(0)).toBe(5002)
    expect(request?.tokenTimes.at(-1)).toBe(7001)
  })

  it('keeps 200 code units of a prompt and never half of a character', () => {
    const { stats, begin } = createMeter(handClock().now)
    begin({ ...FACTS, prompt: `${'x'.repeat(199)}😀tail` })
    expect(stats.requests[0]?.prompt).toBe('x'.repeat(199))
  })

  it('announces the beginning and the end', async () => {
    const seen: SimulatorRequest['outcome'][] = []
    const { begin } = createMeter(handClock().now, ({ outcome }) => seen.push(outcome))
    const recording = begin(FACTS)
    recording.token()
    recording.hangup()
    recording.end('failed')
    await Promise.resolve()
    expect(seen).toEqual(['open', 'hung-up'])
  })
})
