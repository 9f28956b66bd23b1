import { describe, expect, it } from 'vitest'
import { backoffMs } from './rejoin.ts'

describe('backoffMs', () => {
  it('tries again at once the first time', () => {
    expect([0, 0.5, 1].map((random) => backoffMs(0, random))).toEqual([0, 0, 0])
  })

  it('doubles from 250 ms to 8 s at most', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50, 5000].map((attempt) => backoffMs(attempt, 1))).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 8000, 8000, 8000,
    ])
  })

  it('waits at random between half of it and all of it', () => {
    expect(backoffMs(3, 0)).toBe(500)
    expect(backoffMs(3, 0.5)).toBe(750)
    const waits = Array.from({ length: 100 }, () => backoffMs(3))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500)
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000)
    expect(new Set(waits).size).toBeGreaterThan(50)
  })
})
