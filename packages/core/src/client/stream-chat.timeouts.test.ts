import { describe, expect, it } from 'vitest'
import type { Fetch } from '../http/send.ts'
import type { ChatDelta } from '../message/chunk.ts'
import { createRunId } from '../run/run-id.ts'
import type { RunState } from '../run/state.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { textChunk } from '../testing/provider.ts'
import { createWire, type Wire } from '../testing/wire.ts'
import type { ClientRun } from './run.ts'
import { startChatRun } from './stream-chat.ts'

interface Watched {
  readonly id: string
  readonly run: ClientRun
  readonly wire: Wire
  readonly clock: FakeClock
  readonly states: readonly RunState[]
  readonly deltas: readonly ChatDelta[]
}

function watch(peer: 'provider' | 'server'): Watched {
  const wire = createWire()
  const clock = createFakeClock()
  const id = createRunId()
  const states: RunState[] = []
  const deltas: ChatDelta[] = []
  const address = peer === 'provider' ? { baseURL: 'http://localhost/v1' } : { api: 'http://localhost/v1' }
  const run = startChatRun(
    { ...address, model: 'any', messages: [], fetch: wire.fetch },
    id,
    { onDelta: (delta) => deltas.push(delta), onState: (state) => states.push(state) },
    clock,
  )
  return { id, run, wire, clock, states, deltas }
}

/** Answers the start with a head and one chunk. */
async function greet(wire: Wire, clock: FakeClock): Promise<void> {
  await clock.advance(0)
  wire.head()
  wire.write(textChunk('Hi'))
  await clock.advance(0)
}

/** How often the server was asked to cancel. */
function cancelsOf(wire: Wire): number {
  return wire.asked.filter((request) => request.endsWith('/cancel')).length
}

describe('a run at a provider', () => {
  it('fails when no head comes within 60 s', async () => {
    const { run, clock } = watch('provider')
    await clock.advance(59_999)
    expect(run.state).toBe('submitted')
    await clock.advance(1)
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })

  it('fails when no chunk comes within 150 s of the head, comments or not', async () => {
    const { run, wire, clock } = watch('provider')
    await clock.advance(50_000)
    wire.head()
    for (let s = 0; s < 149; s += 1) {
      await clock.advance(1000)
      wire.ping()
    }
    expect(run.state).toBe('submitted')
    await clock.advance(1000)
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
  })

  it('ends incomplete after 60 s of silence, for which comments do not count', async () => {
    const { run, wire, clock } = watch('provider')
    await greet(wire, clock)
    await clock.advance(59_000)
    wire.ping()
    await clock.advance(59_000)
    expect(run.state).toBe('streaming')
    wire.write(textChunk(' there'))
    await clock.advance(59_999)
    expect(run.state).toBe('streaming')
    await clock.advance(1)
    expect(await run.outcome).toMatchObject({
      status: 'incomplete',
      error: { code: 'timeout' },
      message: { text: 'Hi there' },
    })
  })

  it('completes after 60 s of silence behind a finish reason', async () => {
    const { run, wire, clock, states } = watch('provider')
    await clock.advance(0)
    wire.head()
    wire.write(textChunk('Hi', 'stop'), { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } })
    await clock.advance(59_999)
    expect(run.state).toBe('streaming')
    await clock.advance(1)
    expect(await run.outcome).toMatchObject({
      status: 'completed',
      finishReason: 'stop',
      usage: { source: 'provider' },
    })
    expect(states).toEqual(['streaming', 'completed'])
  })

  it('completes behind a finish reason though comments go on for ever', async () => {
    const { run, wire, clock } = watch('provider')
    await clock.advance(0)
    wire.head()
    wire.write(textChunk('Hi', 'stop'))
    for (let s = 0; s < 60; s += 1) {
      expect(run.state).not.toBe('completed')
      wire.ping()
      await clock.advance(1000)
    }
    expect(await run.outcome).toMatchObject({ status: 'completed' })
  })

  it('ends after half an hour, whatever keeps coming', async () => {
    const { run, wire, clock } = watch('provider')
    await greet(wire, clock)
    for (let minute = 0; minute < 30; minute += 1) {
      expect(run.state).toBe('streaming')
      for (let s = 0; s < 60; s += 30) {
        wire.ping()
        await clock.advance(30_000)
      }
    }
    expect(await run.outcome).toMatchObject({
      status: 'incomplete',
      error: { code: 'timeout', message: 'The answer did not end within 1800000 ms.' },
    })
  })

  it('tells states, deltas and one end in the order of their coming', async () => {
    const told: string[] = []
    const wire = createWire()
    const clock = createFakeClock()
    const run = startChatRun(
      { baseURL: 'http://localhost/v1', model: 'any', messages: [], fetch: wire.fetch },
      createRunId(),
      {
        onDelta: ({ text }) => told.push(`delta ${text}`),
        onState: (state) => told.push(state),
        onEnd: ({ status }) => told.push(`end ${status}`),
      },
      clock,
    )
    void run.outcome.then(() => told.push('outcome'))
    await clock.advance(0)
    wire.head()
    wire.write(textChunk('a'), textChunk('b', 'stop'), '[DONE]')
    await clock.advance(0)
    expect(told).toEqual(['streaming', 'delta a', 'delta b', 'completed', 'end completed', 'outcome'])
  })
})

describe('a run at a Sluice server', () => {
  it('rejoins after 40 s of silence, before the first chunk too', async () => {
    const { id, wire, clock, states } = watch('server')
    await clock.advance(0)
    wire.head()
    for (let s = 0; s < 45; s += 15) {
      await clock.advance(15_000)
      wire.ping()
    }
    await clock.advance(39_999)
    expect(wire.asked).toEqual(['POST /v1/chat/completions'])
    await clock.advance(1)
    expect(wire.asked).toEqual(['POST /v1/chat/completions', `GET /v1/runs/${id}/events`])
    wire.head()
    wire.write(textChunk('Hi'))
    await clock.advance(40_000)
    expect(states).toEqual(['streaming', 'reconnecting'])
    expect(wire.asked).toHaveLength(3)
  })

  it('gives up after 60 s of rejoining, and asks the server to stop', async () => {
    const { run, wire, clock } = watch('server')
    await greet(wire, clock)
    wire.end()
    await clock.advance(59_999)
    expect(run.state).toBe('reconnecting')
    await clock.advance(1)
    expect(await run.outcome).toMatchObject({
      status: 'incomplete',
      error: { code: 'timeout' },
      message: { text: 'Hi' },
    })
    expect(wire.asked.at(-1)).toMatch(/^POST .*\/cancel$/)
  })

  it('gives up a server that takes every rejoin and brings nothing', async () => {
    const { run, wire, clock } = watch('server')
    await greet(wire, clock)
    wire.end()
    for (let s = 0; s < 59; s += 1) {
      await clock.advance(1000)
      if (!wire.head()) continue
      await clock.advance(0)
      wire.end()
      await clock.advance(0)
    }
    expect(run.state).toBe('reconnecting')
    await clock.advance(1000)
    expect(await run.outcome).toMatchObject({ status: 'incomplete', error: { code: 'network' } })
  })

  it('gives up a server that takes every rejoin and brings one comment', async () => {
    const { run, wire, clock } = watch('server')
    await greet(wire, clock)
    wire.end()
    for (let s = 0; s < 70 && run.state !== 'incomplete'; s += 1) {
      await clock.advance(1000)
      if (!wire.head()) continue
      wire.ping()
      await clock.advance(0)
      wire.end()
      await clock.advance(0)
    }
    expect(await run.outcome).toMatchObject({ status: 'incomplete', error: { code: 'network' } })
    expect(wire.asked.at(-1)).toMatch(/^POST .*\/cancel$/)
  })

  it('seeks on where rejoins bring signs of life', async () => {
    const { run, wire, clock } = watch('server')
    await greet(wire, clock)
    for (let minute = 0; minute < 4; minute += 1) {
      await clock.advance(0)
      wire.end()
      await clock.advance(8000)
      expect(wire.head()).toBe(true)
      await clock.advance(15_000)
      wire.ping()
      await clock.advance(15_000)
    }
    expect(run.state).toBe('streaming')
    wire.write(textChunk(' there'))
    await clock.advance(0)
    expect(run.text).toBe('Hi there')
  })

  it('ends a stop that is not confirmed within 5 s, and goes on asking for 30 s', async () => {
    const { run, wire, clock } = watch('server')
    await greet(wire, clock)
    const outcome = run.cancel()
    expect(run.state).toBe('cancelling')
    wire.write(textChunk(' there'))
    await clock.advance(4999)
    expect(run.state).toBe('cancelling')
    await clock.advance(1)
    expect(await outcome).toMatchObject({
      status: 'cancelled',
      message: { text: 'Hi' },
      cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
    })
    await clock.advance(25_000)
    const asked = cancelsOf(wire)
    expect(asked).toBeGreaterThan(3) // each try may take 4 s, and the pauses in between grow
    await clock.advance(60_000)
    expect(cancelsOf(wire)).toBe(asked)
  })

  it('waits with the next rejoin as long as Retry-After asks, but not longer than 30 s', async () => {
    for (const [retryAfter, waitMs] of [
      ['7', 7_000],
      ['3600', 30_000],
    ] as const) {
      const wire = createWire()
      const clock = createFakeClock()
      const rejoins: number[] = []
      const fetch: Fetch = async (url, init) => {
        if (!url.includes('/events')) return wire.fetch(url, init)
        rejoins.push(clock.now())
        return new Response(null, { status: 503, headers: { 'retry-after': retryAfter } })
      }
      const run = startChatRun(
        { api: 'http://localhost/v1', model: 'any', messages: [], fetch },
        createRunId(),
        {},
        clock,
      )
      await greet(wire, clock)
      wire.end()
      await clock.advance(waitMs)
      expect(rejoins).toEqual([0, waitMs])
      run.detach()
    }
  })

  it('seeks again when a rejoin is not answered within 10 s', async () => {
    const { wire, clock } = watch('server')
    await greet(wire, clock)
    wire.end()
    await clock.advance(9_999)
    const rejoins = (): number => wire.asked.filter((request) => request.endsWith('/events')).length
    expect(rejoins()).toBe(1)
    await clock.advance(251)
    expect(rejoins()).toBe(2)
  })

  it('fails when no head comes within 60 s, asking again with the same name', async () => {
    const { run, wire, clock } = watch('server')
    await clock.advance(60_000)
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    expect(wire.asked).toEqual(['POST /v1/chat/completions', expect.stringMatching(/\/cancel$/)])
  })
})
