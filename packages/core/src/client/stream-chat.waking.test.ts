import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRunId } from '../run/run-id.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { textChunk } from '../testing/provider.ts'
import { createWire, type Wire } from '../testing/wire.ts'
import type { ClientRun } from './run.ts'
import { startChatRun } from './stream-chat.ts'

const HOUR = 3_600_000
const REQUEST = { model: 'any', messages: [] }

interface Sought {
  readonly run: ClientRun
  readonly wire: Wire
  readonly clock: FakeClock
  /** How often the server was asked for the events of the run. */
  rejoins(): number
}

/** A run at a Sluice server whose one text has come, and whose network then went away. */
async function seek(): Promise<Sought> {
  const wire = createWire()
  const clock = createFakeClock()
  const options = { ...REQUEST, api: 'http://localhost/v1', fetch: wire.fetch }
  const run = startChatRun(options, createRunId(), {}, clock)
  await clock.advance(0)
  wire.head()
  wire.write(textChunk('Hi'))
  await clock.advance(0)
  wire.isDown = true
  wire.end()
  await clock.advance(0)
  expect(run.state).toBe('reconnecting')
  return { run, wire, clock, rejoins: () => wire.asked.filter((request) => request.endsWith('/events')).length }
}

describe('a run whose machine sleeps while it is reconnecting', () => {
  it('gets a try after it wakes, however late its alarms are', async () => {
    const { run, wire, clock } = await seek()
    await clock.advance(20_000)
    clock.sleep(HOUR)
    wire.isDown = false
    await clock.advance(0)
    expect(run.state).toBe('reconnecting')
    expect(wire.head()).toBe(true)
    wire.write(textChunk(' there'))
    await clock.advance(0)
    expect(run.state).toBe('streaming')
    expect(run.text).toBe('Hi there')
  })

  it('has the rest of its 60 s awake for the network to come back, and ends when it does not', async () => {
    const { run, wire, clock, rejoins } = await seek()
    await clock.advance(20_000)
    clock.sleep(HOUR)
    const before = rejoins()
    await clock.advance(30_000)
    expect(run.state).toBe('reconnecting')
    expect(rejoins()).toBeGreaterThan(before)
    await clock.advance(15_000)
    expect(await run.outcome).toMatchObject({ status: 'incomplete', error: { code: 'network' } })
    expect(wire.asked.at(-1)).toMatch(/\/cancel$/)
  })

  it('gets a try after each sleep, however short the time between two of them', async () => {
    const { run, wire, clock } = await seek()
    await clock.advance(58_000)
    for (let night = 0; night < 3; night += 1) {
      clock.sleep(HOUR)
      await clock.advance(1_000)
      expect(run.state).toBe('reconnecting')
    }
    clock.sleep(HOUR)
    wire.isDown = false
    await clock.advance(0)
    expect(wire.head()).toBe(true)
    await clock.advance(0)
    expect(run.state).toBe('streaming')
  })

  it('ends all the same in a hidden page, whose alarms ring once a minute', async () => {
    const { run, clock } = await seek()
    for (let minute = 0; minute < 5; minute += 1) {
      clock.sleep(60_000)
      await clock.advance(0)
    }
    expect((await run.outcome).status).toBe('incomplete')
  })

  it('finds a connection that fell silent in its sleep dead, and seeks it', async () => {
    const { run, wire, clock, rejoins } = await seek()
    wire.isDown = false
    await clock.advance(1_000)
    wire.head()
    wire.ping()
    await clock.advance(0)
    expect(run.state).toBe('streaming')
    const before = rejoins()
    clock.sleep(HOUR)
    await clock.advance(0)
    expect(run.state).toBe('reconnecting')
    expect(rejoins()).toBe(before + 1)
  })

  it('starts again under its own name, if it slept before any head came', async () => {
    const wire = createWire()
    const clock = createFakeClock()
    const options = { ...REQUEST, api: 'http://localhost/v1', fetch: wire.fetch }
    const run = startChatRun(options, createRunId(), {}, clock)
    await clock.advance(10_000)
    clock.sleep(HOUR)
    await clock.advance(0)
    expect(run.state).toBe('submitted')
    expect(wire.asked).toEqual(['POST /v1/chat/completions', 'POST /v1/chat/completions'])
    wire.head()
    wire.write(textChunk('Hi'))
    await clock.advance(0)
    expect(run.text).toBe('Hi')
  })
})

describe('a run at a provider whose machine sleeps', () => {
  it('reads what came meanwhile before it calls that silence', async () => {
    const wire = createWire()
    const clock = createFakeClock()
    const options = { ...REQUEST, baseURL: 'http://localhost/v1', fetch: wire.fetch }
    const run = startChatRun(options, createRunId(), {}, clock)
    await clock.advance(0)
    wire.head()
    wire.write(textChunk('Hi'))
    await clock.advance(0)
    clock.sleep(HOUR)
    await clock.advance(0)
    wire.write(textChunk(' there', 'stop'), '[DONE]')
    await clock.advance(0)
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi there' } })
  })
})

describe('a page that comes back', () => {
  let page: EventTarget

  beforeEach(() => {
    page = new EventTarget()
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  })

  afterEach(() => vi.unstubAllGlobals())

  it.each(['online', 'pageshow', 'visibilitychange'])('seeks its run at once on `%s`', async (event) => {
    const { run, wire, clock, rejoins } = await seek()
    await clock.advance(30_000)
    const before = rejoins()
    wire.isDown = false
    page.dispatchEvent(new Event(event))
    await clock.advance(0)
    expect(rejoins()).toBe(before + 1)
    expect(wire.head()).toBe(true)
    await clock.advance(0)
    expect(run.state).toBe('streaming')
  })

  it('does not wait for a try that the old network swallowed', async () => {
    const { wire, clock, rejoins } = await seek()
    wire.isDown = false
    await clock.advance(300)
    const before = rejoins()
    page.dispatchEvent(new Event('online'))
    await clock.advance(0)
    expect(rejoins()).toBe(before + 1)
  })

  it('has some seconds left, however little of the minute is', async () => {
    const { run, clock } = await seek()
    await clock.advance(59_999)
    page.dispatchEvent(new Event('online'))
    await clock.advance(9_999)
    expect(run.state).toBe('reconnecting')
    await clock.advance(1)
    expect((await run.outcome).status).toBe('incomplete')
  })

  it('lets a run alone that streams, is being stopped, or has ended', async () => {
    const { run, wire, clock } = await seek()
    wire.isDown = false
    await clock.advance(1_000)
    wire.head()
    await clock.advance(0)
    expect(run.state).toBe('streaming')
    const asked = wire.asked.length
    page.dispatchEvent(new Event('online'))
    await clock.advance(0)
    expect(wire.asked).toHaveLength(asked)
    void run.cancel()
    page.dispatchEvent(new Event('online'))
    await clock.advance(5_000)
    expect((await run.outcome).status).toBe('cancelled')
    const removed = vi.fn<() => void>()
    page.addEventListener('online', removed)
    page.dispatchEvent(new Event('online'))
    expect(removed).toHaveBeenCalledOnce()
    expect(run.state).toBe('cancelled')
  })

  it('is not listened to any more by a run that has ended', async () => {
    const added = vi.spyOn(page, 'addEventListener')
    const removed = vi.spyOn(page, 'removeEventListener')
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    const { run } = await seek()
    run.detach()
    expect(added).toHaveBeenCalled()
    expect(removed.mock.calls).toEqual(added.mock.calls)
  })
})
