import { describe, expect, it } from 'vitest'
import { createEventLog, type EventLog, type LogReading } from './log.ts'

function logOf(count: number, bounds = { runEvents: 1_000, runBytes: 1_000_000 }): EventLog {
  const log = createEventLog(bounds)
  for (let id = 1; id <= count; id += 1) log.append([{ id, text: `event ${id}` }])
  return log
}

function idsOf(reading: LogReading): readonly number[] | 'gap' {
  return reading.type === 'gap' ? 'gap' : reading.events.map(({ id }) => id)
}

describe('createEventLog', () => {
  it('reads from behind any event that is kept', () => {
    const log = logOf(5)
    expect(idsOf(log.read(0))).toEqual([1, 2, 3, 4, 5])
    expect(idsOf(log.read(3))).toEqual([4, 5])
    expect(idsOf(log.read(5))).toEqual([])
    expect(idsOf(log.read(99))).toEqual([])
  })

  it('keeps the newest events within its bounds, and tells the gap before them', () => {
    const log = logOf(100, { runEvents: 10, runBytes: 1_000_000 })
    expect(idsOf(log.read(90))).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100])
    expect(idsOf(log.read(89))).toBe('gap')
    expect(idsOf(log.read(0))).toBe('gap')
  })

  it('bounds what it holds by length too, but always keeps the newest event', () => {
    const log = createEventLog({ runEvents: 1_000, runBytes: 100 })
    for (let id = 1; id <= 50; id += 1) log.append([{ id, text: 'x'.repeat(30) }])
    expect(idsOf(log.read(47))).toEqual([48, 49, 50])
    expect(idsOf(log.read(46))).toBe('gap')
    log.append([{ id: 51, text: 'x'.repeat(500) }])
    expect(idsOf(log.read(50))).toEqual([51])
    expect(log.size).toBe(500)
  })

  it('reads a long log in pieces', () => {
    const log = logOf(1_000)
    const ids: number[] = []
    for (;;) {
      const more = idsOf(log.read(ids.length))
      if (more === 'gap' || more.length === 0) break
      expect(more.length).toBeLessThan(1_000)
      ids.push(...more)
    }
    expect(ids).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 1))
  })

  it('calls back once for the next append or close, unless that was taken back', () => {
    const log = logOf(0)
    const calls: string[] = []
    log.watch(() => calls.push('first'))
    log.watch(() => calls.push('taken back'))()
    log.append([{ id: 1, text: '' }])
    log.append([{ id: 2, text: '' }])
    log.watch(() => calls.push('second'))
    log.close()
    expect(calls).toEqual(['first', 'second'])
    expect(log.isClosed).toBe(true)
  })

  it('gives a reader that is far behind little at a time', () => {
    const log = createEventLog({ runEvents: 1_000, runBytes: 10_000_000 })
    for (let id = 1; id <= 10; id += 1) log.append([{ id, text: 'x'.repeat(40_000) }])
    expect(idsOf(log.read(0))).toEqual([1, 2])
    expect(idsOf(log.read(9))).toEqual([10])
    expect(idsOf(logOf(600).read(0))).toHaveLength(256)
  })
})
