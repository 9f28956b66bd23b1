import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { simulatedAnswer } from './index.ts'
import {
  ask,
  call,
  contentsOf,
  eventsOf,
  last,
  lastEnded,
  pause,
  post,
  startSimulator,
  until,
} from './testing/client.ts'

const LONG = ask('a long story')

describe('a client that hangs up', () => {
  it('stops the answer at once, and the books say when', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 500 })
    const open = await call(simulator, LONG)
    await open.contents(20)
    const hungUpAt = open.hangUp()
    const request = await lastEnded(simulator)
    expect(request).toMatchObject({ outcome: 'hung-up', afterHangup: 0, billed: request.produced })
    expect(request.closedAt).toBeGreaterThanOrEqual(hungUpAt)
    expect((request.closedAt ?? 0) - hungUpAt).toBeLessThan(500)
    expect(request.tokenTimes).toHaveLength(request.produced)
    expect(request.tokenTimes.at(-1)).toBeLessThanOrEqual(request.closedAt ?? 0)
    expect(request.produced).toBeGreaterThanOrEqual(20)
    expect(request.produced).toBeLessThan(simulatedAnswer('a long story').length)
    await pause(50)
    expect(simulator.stats).toMatchObject({ open: 0, produced: request.produced, billed: request.produced })
  })

  it('is seen before the first token', async () => {
    const simulator = await startSimulator({ firstTokenMs: 60_000 })
    const open = await call(simulator, LONG)
    open.hangUp()
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'hung-up', produced: 0, billed: 0 })
  })

  it('is seen when nothing is streamed', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 500 })
    const stop = new AbortController()
    const waiting = fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...LONG, stream: false }),
      signal: stop.signal,
    })
    await until(() => simulator.stats.produced > 5)
    stop.abort()
    await expect(waiting).rejects.toThrow('aborted')
    const { outcome, produced } = await lastEnded(simulator)
    expect(outcome).toBe('hung-up')
    expect(produced).toBeLessThan(simulatedAnswer('a long story').length)
  })

  it('is seen between the tokens of a burst', async () => {
    const answer = Array.from({ length: 20_000 }, (_, index) => `${index} `)
    const simulator = await startSimulator({ tokensPerSecond: Infinity, answer: () => answer })
    const open = await call(simulator, LONG)
    await open.contents(1)
    open.hangUp()
    const request = await lastEnded(simulator)
    expect(request.outcome).toBe('hung-up')
    expect(request.produced).toBeLessThan(answer.length)
  })

  it('leaves the answers of others alone', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 2000 })
    const stayed = post(simulator, LONG).then((response) => response.text())
    const calls = await Promise.all(Array.from({ length: 20 }, () => call(simulator, LONG)))
    await Promise.all(
      calls.map(async (open, index) => {
        await open.contents(index * 3)
        open.hangUp()
      }),
    )
    expect([...contentsOf(eventsOf(await stayed))]).toEqual(simulatedAnswer('a long story'))
    await until(() => simulator.stats.open === 0)
    const { requests, produced, billed } = simulator.stats
    expect(requests.filter(({ outcome }) => outcome === 'hung-up')).toHaveLength(20)
    expect(produced).toBe(requests.reduce((sum, request) => sum + request.produced, 0))
    expect(billed).toBe(produced)
  })

  it('has no effect after the end', async () => {
    const simulator = await startSimulator()
    const open = await call(simulator, ask('hi'))
    await until(() => open.text().endsWith('[DONE]\n\n'))
    await lastEnded(simulator)
    open.hangUp()
    await pause(20)
    expect(last(simulator)).toMatchObject({ outcome: 'finished', closedAt: null })
  })

  it('ends every answer of a pipelined connection', async () => {
    const simulator = await startSimulator({ firstTokenMs: 60_000 })
    const body = JSON.stringify(LONG)
    const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1')
    socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`.repeat(2))
    await until(() => simulator.stats.open === 2)
    socket.destroy()
    await until(() => simulator.stats.open === 0)
    expect(simulator.stats.requests.map(({ outcome }) => outcome)).toEqual(['hung-up', 'hung-up'])
  })
})

describe('stopsOnHangup: false', () => {
  it('goes on generating and billing to the end, and counts it', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 4000, stopsOnHangup: false })
    const open = await call(simulator, LONG)
    await open.contents(10)
    open.hangUp()
    await until(() => last(simulator).closedAt !== null)
    expect(last(simulator).outcome).toBe('open')
    const request = await lastEnded(simulator)
    const all = simulatedAnswer('a long story').length
    expect(request).toMatchObject({ outcome: 'hung-up', produced: all, billed: all })
    const late = request.tokenTimes.filter((time) => time > (request.closedAt ?? 0))
    expect(request.afterHangup).toBe(late.length)
    expect(request.afterHangup).toBeGreaterThan(0)
    expect(request.endedAt).toBeGreaterThan(request.closedAt ?? Infinity)
  })

  it('holds for an answer that is not streamed', async () => {
    const simulator = await startSimulator({ tokensPerSecond: 4000, stopsOnHangup: false })
    const stop = new AbortController()
    const waiting = fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...LONG, stream: false }),
      signal: stop.signal,
    })
    await until(() => simulator.stats.produced > 5)
    stop.abort()
    await expect(waiting).rejects.toThrow('aborted')
    const request = await lastEnded(simulator)
    expect(request).toMatchObject({ outcome: 'hung-up', billed: simulatedAnswer('a long story').length })
  })

  it('ends with close all the same', async () => {
    const simulator = await startSimulator({ firstTokenMs: 60_000, stopsOnHangup: false })
    const open = await call(simulator, LONG)
    open.hangUp()
    await until(() => last(simulator).closedAt !== null)
    await simulator.close()
    expect(last(simulator).outcome).toBe('hung-up')
  })
})

describe('a client that does not read', () => {
  it('holds the answer back until it reads again', async () => {
    const token = 'x'.repeat(64 * 1024)
    const answer = Array.from({ length: 1000 }, () => token)
    const simulator = await startSimulator({ tokensPerSecond: Infinity, answer: () => answer })
    const response = await post(simulator, LONG)
    let before = -1
    await until(() => {
      const stands = simulator.stats.produced > 0 && simulator.stats.produced === before
      before = simulator.stats.produced
      return stands
    })
    await pause(50)
    expect(simulator.stats.produced).toBeLessThan(500)
    const text = await response.text()
    expect(text.length).toBeGreaterThan(64 * 1024 * 1000)
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'finished', produced: 1000 })
  }, 30_000)

  it('and then hangs up ends the answer', async () => {
    const answer = Array.from({ length: 1000 }, () => 'x'.repeat(64 * 1024))
    const simulator = await startSimulator({ tokensPerSecond: Infinity, answer: () => answer })
    const open = await call(simulator, LONG)
    open.response.pause()
    await until(() => simulator.stats.produced > 0)
    await pause(50)
    open.hangUp()
    const request = await lastEnded(simulator)
    expect(request.outcome).toBe('hung-up')
    expect(request.produced).toBeLessThan(1000)
  })

  it('has not finished while the last bytes are on their way', async () => {
    const simulator = await startSimulator({ answer: () => ['x'.repeat(32 * 1024 * 1024)] })
    const open = await call(simulator, { ...LONG, stream: false })
    open.response.pause()
    await pause(50)
    expect(last(simulator)).toMatchObject({ outcome: 'open', produced: 1 })
    open.hangUp()
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'hung-up', produced: 1, billed: 1 })
  })
})
