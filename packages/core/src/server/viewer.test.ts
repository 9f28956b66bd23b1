import { describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { createEventLog, type EventLog } from './log.ts'
import { createViewer, type Viewer } from './viewer.ts'

const DONE = { done: true, value: undefined }

function view(log: EventLog, clock: FakeClock, after = 0): { readonly viewer: Viewer; readonly left: () => number } {
  let left = 0
  const viewer = createViewer({
    feed: log,
    after,
    heartbeatMs: 15_000,
    stallMs: 30_000,
    clock,
    onLeave: () => (left += 1),
  })
  return { viewer, left: () => left }
}

function openLog(): EventLog {
  return createEventLog({ runEvents: 3, runBytes: 1_000 })
}

describe('createViewer', () => {
  it('gives what is there, waits for more, and ends with [DONE]', async () => {
    const log = openLog()
    const { viewer, left } = view(log, createFakeClock())
    log.append([
      { id: 1, text: 'a' },
      { id: 2, text: 'b' },
    ])
    expect(await viewer.next()).toEqual({ done: false, value: 'ab' })
    const waiting = viewer.next()
    log.append([{ id: 3, text: 'c' }])
    expect(await waiting).toEqual({ done: false, value: 'c' })
    const last = viewer.next()
    log.close()
    expect(await last).toEqual({ done: false, value: 'data: [DONE]\n\n' })
    expect(await viewer.next()).toEqual(DONE)
    expect(left()).toBe(1)
  })

  it('says : ping on a silent stream, with no blank line, as often as it stays silent', async () => {
    const clock = createFakeClock()
    const { viewer } = view(openLog(), clock)
    for (let i = 0; i < 2; i += 1) {
      const waiting = viewer.next()
      await clock.advance(15_000)
      expect(await waiting).toEqual({ done: false, value: ': ping\n' })
    }
  })

  it('lets a reader that fell behind a trimmed log go, without [DONE]', async () => {
    const log = openLog()
    const { viewer, left } = view(log, createFakeClock())
    log.append([{ id: 1, text: 'a' }])
    await viewer.next()
    for (let id = 2; id <= 9; id += 1) log.append([{ id, text: 'x' }])
    expect(await viewer.next()).toEqual(DONE)
    expect(left()).toBe(1)
  })

  it('can be left while it waits, and counts once', async () => {
    const { viewer, left } = view(openLog(), createFakeClock())
    const waiting = viewer.next()
    expect(await viewer.return()).toEqual(DONE)
    expect(await waiting).toEqual(DONE)
    await viewer.return()
    expect(left()).toBe(1)
  })

  it('lets a reader go that takes nothing for too long, but never one that has nothing to take', async () => {
    const clock = createFakeClock()
    const log = openLog()
    const { viewer, left } = view(log, clock)
    const waiting = viewer.next()
    await clock.advance(14_000)
    log.append([{ id: 1, text: 'a' }])
    await waiting
    const beat = viewer.next()
    await clock.advance(15_000)
    await beat
    const stillThere = viewer.next() // it waits for something to take, however long
    await clock.advance(15_000)
    await stillThere
    await clock.advance(29_000)
    expect(left()).toBe(0)
    await clock.advance(31_000)
    expect(left()).toBe(1)
    expect(await viewer.left).toBe('detached')
    expect(await viewer.next()).toEqual(DONE)
  })

  it('is not let go before its first piece is asked for', async () => {
    const clock = createFakeClock()
    const { left } = view(openLog(), clock)
    await clock.advance(120_000)
    expect(left()).toBe(0)
  })

  it('tells whether it has ended or was let go', async () => {
    const log = openLog()
    const clock = createFakeClock()
    const [stays, leaves, isSentAway] = [view(log, clock), view(log, clock), view(log, clock)].map(
      ({ viewer }) => viewer,
    )
    await leaves?.return()
    isSentAway?.detach()
    log.close()
    await stays?.next()
    expect(await Promise.all([stays?.left, leaves?.left, isSentAway?.left])).toEqual(['ended', 'ended', 'detached'])
  })
})
