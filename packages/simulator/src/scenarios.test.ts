import { describe, expect, it } from 'vitest'
import { SCENARIO_NAMES, SIMULATED_SECRET } from './index.ts'
import type { ScenarioName } from './index.ts'
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

const ANSWER = ['0 ', '1 ', '2 ', '3 ', '4 ', '5 ']
const HALF = ANSWER.slice(0, 3)

async function playStream(
  scenario: ScenarioName,
): Promise<{ events: readonly string[]; broke: boolean; outcome: string }> {
  const simulator = await startSimulator({ scenario, answer: () => ANSWER })
  const open = await call(simulator, ask('hi', { stream_options: { include_usage: true } }))
  await new Promise((resolve) => open.response.once('close', resolve))
  const { outcome } = await lastEnded(simulator)
  return { events: eventsOf(open.text()), broke: !open.response.complete, outcome }
}

describe('scenarios in a stream', () => {
  it('cut: destroys the socket after half of the answer', async () => {
    const { events, broke, outcome } = await playStream('cut')
    expect([...contentsOf(events)]).toEqual(HALF)
    expect(events).toHaveLength(4)
    expect(broke).toBe(true)
    expect(outcome).toBe('failed')
  })

  it('stall: falls silent, keeps the socket and stops counting', async () => {
    const simulator = await startSimulator({ scenario: 'stall', answer: () => ANSWER })
    const open = await call(simulator, ask('hi'))
    await open.contents(3)
    await pause(50)
    expect([...contentsOf(eventsOf(open.text()))]).toEqual(HALF)
    expect(last(simulator)).toMatchObject({ outcome: 'open', produced: 3 })
    open.hangUp()
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'hung-up', produced: 3, billed: 3 })
  })

  it('malformed: sends one event that is not JSON and loses no token', async () => {
    const { events, broke, outcome } = await playStream('malformed')
    expect([...contentsOf(events)]).toEqual(ANSWER)
    const broken = events.filter((event) => {
      try {
        return JSON.parse(event === '[DONE]' ? '0' : event) === undefined
      } catch {
        return true
      }
    })
    expect(broken).toHaveLength(1)
    expect(events.indexOf(broken[0] ?? '')).toBe(1 + HALF.length)
    expect(events.at(-1)).toBe('[DONE]')
    expect(broke).toBe(false)
    expect(outcome).toBe('finished')
  })

  it('error: tells an error in band and ends', async () => {
    const { events, broke, outcome } = await playStream('error')
    expect([...contentsOf(events)]).toEqual(HALF)
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({ error: { type: 'server_error', code: 'backend_lost' } })
    expect(broke).toBe(false)
    expect(outcome).toBe('failed')
  })

  it('no-done: ends after finish_reason and usage', async () => {
    const { events, broke, outcome } = await playStream('no-done')
    expect([...contentsOf(events)]).toEqual(ANSWER)
    expect(events.at(-2)).toContain('"finish_reason":"stop"')
    expect(events.at(-1)).toContain('"completion_tokens":6')
    expect(broke).toBe(false)
    expect(outcome).toBe('finished')
  })

  it('truncated: ends cleanly after the last token', async () => {
    const { events, broke, outcome } = await playStream('truncated')
    expect([...contentsOf(events)]).toEqual(ANSWER)
    expect(events).toHaveLength(1 + ANSWER.length)
    expect(broke).toBe(false)
    expect(outcome).toBe('failed')
  })

  it('slow: takes ten times as long', async () => {
    const options = { scenario: 'slow', answer: () => ANSWER, tokensPerSecond: 1000, firstTokenMs: 3 } as const
    const simulator = await startSimulator(options)
    await (await post(simulator, ask('hi'))).text()
    const { startedAt, tokenTimes } = last(simulator)
    expect((tokenTimes.at(0) ?? 0) - startedAt).toBeGreaterThanOrEqual(30)
    expect((tokenTimes.at(-1) ?? 0) - startedAt).toBeGreaterThanOrEqual(80)
  })
})

describe('scenarios before the head', () => {
  it('rate-limit: 429 with Retry-After', async () => {
    const simulator = await startSimulator({ scenario: 'rate-limit' })
    const response = await post(simulator, ask('hi'))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'failed', produced: 0, billed: 0 })
  })

  it.each([
    ['unauthorized', 401],
    ['server-error', 500],
  ] as const)('%s: %i with a made-up secret in its body', async (scenario, status) => {
    const simulator = await startSimulator({ scenario })
    const response = await post(simulator, ask('hi'))
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(SIMULATED_SECRET)
  })
})

describe('scenarios without stream', () => {
  const play = async (scenario: ScenarioName): Promise<Response> => {
    const simulator = await startSimulator({ scenario, answer: () => ANSWER })
    return post(simulator, ask('hi', { stream: false }))
  }

  it('cut: destroys the socket', async () => {
    await expect(play('cut')).rejects.toThrow('fetch failed')
  })

  it('error: is a 500', async () => {
    const response = await play('error')
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: { code: 'backend_lost' } })
  })

  it('malformed: is a body that is not JSON', async () => {
    const response = await play('malformed')
    expect(response.status).toBe(200)
    await expect(response.json()).rejects.toThrow(SyntaxError)
  })

  it.each(['no-done', 'truncated'] as const)('%s: is a complete body', async (scenario) => {
    const response = await play(scenario)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: ANSWER.join('') } }] })
  })
})

describe('choosing a scenario', () => {
  it('lets the header win over the model, and the model over the option', async () => {
    const simulator = await startSimulator({ scenario: 'server-error' })
    const header = { 'x-simulator-scenario': 'normal' }
    expect((await post(simulator, ask('hi'))).status).toBe(500)
    expect((await post(simulator, ask('hi', { model: 'simulator/rate-limit' }))).status).toBe(429)
    expect((await post(simulator, ask('hi', { model: 'simulator/rate-limit' }), header)).status).toBe(200)
    await until(() => simulator.stats.open === 0)
    expect(simulator.stats.requests.map(({ scenario }) => scenario)).toEqual(['server-error', 'rate-limit', 'normal'])
  })

  it('may be left to a function, so that a retry succeeds', async () => {
    const queue: ScenarioName[] = ['rate-limit', 'server-error']
    const simulator = await startSimulator({ scenario: () => queue.shift() ?? 'normal' })
    const statuses: number[] = []
    for (const prompt of ['a', 'b', 'c']) {
      const response = await post(simulator, ask(prompt))
      statuses.push(response.status)
      await response.text()
    }
    expect(statuses).toEqual([429, 500, 200])
  })

  it('refuses names it does not know, and lists those it knows', async () => {
    const simulator = await startSimulator()
    const byModel = await post(simulator, ask('hi', { model: 'simulator/__proto__' }))
    expect(byModel.status).toBe(404)
    expect(await byModel.json()).toMatchObject({ error: { code: 'model_not_found', param: 'model' } })
    const byHeader = await post(simulator, ask('hi'), { 'x-simulator-scenario': 'sunshine' })
    expect(byHeader.status).toBe(400)
    const text = await byHeader.text()
    for (const name of SCENARIO_NAMES) expect(text).toContain(name)
    expect(simulator.stats.requests).toHaveLength(0)
  })
})
