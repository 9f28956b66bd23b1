import { describe, expect, it } from 'vitest'
import { SIMULATED_SECRET } from './index.ts'
import type { ScenarioName } from './index.ts'
import { ask, call, contentsOf, eventsOf, last, lastEnded, post, startSimulator, until } from './testing/client.ts'

const ANSWER = ['0 ', '1 ', '2 ', '3 ', '4 ', '5 ']
const HALF = ANSWER.slice(0, 3)

async function bytesOf(scenario: ScenarioName): Promise<string> {
  const simulator = await startSimulator({ scenario, answer: () => ANSWER })
  const response = await post(simulator, ask('hi'))
  return Buffer.from(await response.arrayBuffer()).toString('utf8')
}

describe('framings', () => {
  it.each([
    ['comments', /^: welcome\n\n(?:: ping\n\n: in front of the data\ndata: .+\n\n)+$/],
    ['crlf', /^(?:data: .+\r\n\r\n)+$/],
    ['cr', /^(?:data: [^\r\n]+\r\r)+$/],
    ['bom', /^\uFEFF(?:data: .+\n\n)+$/],
    ['tight', /^(?:event:\nunknown: field\ndata:\S.*\n\n)+$/],
  ] as const)('%s: has every event so', async (scenario, shape) => {
    const bytes = await bytesOf(scenario)
    expect(bytes).toMatch(shape)
    expect(bytes.match(/"content":"\d /g)).toHaveLength(ANSWER.length)
    expect(bytes).toMatch(scenario === 'tight' ? /data:\[DONE\] \n\n$/ : /data: ?\[DONE\]\s+$/)
  })
})

describe('ends in a stream', () => {
  it('malformed-flood: sends twenty broken events and loses no token', async () => {
    const events = eventsOf(await bytesOf('malformed-flood'))
    expect(events.filter((event) => event.endsWith('"brok'))).toHaveLength(20)
    expect([...contentsOf(events)]).toEqual(ANSWER)
  })

  it('error-only: sends one event, which is an error', async () => {
    const events = eventsOf(await bytesOf('error-only'))
    expect(events.map((event): unknown => JSON.parse(event))).toEqual([
      { error: expect.objectContaining({ code: 'backend_lost' }) },
    ])
  })

  it.each([
    ['finish-error', 'error'],
    ['abort', 'abort'],
  ] as const)('%s: breaks off with that reason, and says [DONE] all the same', async (scenario, reason) => {
    const events = eventsOf(await bytesOf(scenario))
    expect([...contentsOf(events)]).toEqual(HALF)
    expect(events.at(-2)).toContain(`"finish_reason":"${reason}"`)
    expect(events.at(-1)).toBe('[DONE]')
  })
})

describe('waits', () => {
  const slow = { tokensPerSecond: 5000, firstTokenMs: 20, answer: () => ANSWER } as const

  it('keepalive: sends comments, and nothing else, until the first token', async () => {
    const simulator = await startSimulator({ ...slow, scenario: 'keepalive' })
    const text = await (await post(simulator, ask('hi'))).text()
    expect(text).toMatch(/^(?:: OPENROUTER PROCESSING\n\n){10}data: /)
    const { startedAt, tokenTimes } = last(simulator)
    expect((tokenTimes[0] ?? 0) - startedAt).toBeGreaterThanOrEqual(200)
  })

  it('slow-head: sends its head with the first token', async () => {
    const simulator = await startSimulator({ ...slow, scenario: 'slow-head' })
    const response = await post(simulator, ask('hi'))
    expect(performance.timeOrigin + performance.now() - last(simulator).startedAt).toBeGreaterThanOrEqual(199)
    expect([...contentsOf(eventsOf(await response.text()))]).toEqual(ANSWER)
  })

  it('no-head: never answers, and sees its client leave', async () => {
    const simulator = await startSimulator({ ...slow, scenario: 'no-head' })
    const leaving = new AbortController()
    const response = fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(ask('hi')),
      signal: leaving.signal,
    })
    await until(() => simulator.stats.open === 1)
    leaving.abort()
    await expect(response).rejects.toThrow('aborted')
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'hung-up', produced: 0, billed: 0 })
  })
})

describe('answers that are none', () => {
  it('html: is a web page', async () => {
    const simulator = await startSimulator({ scenario: 'html' })
    const response = await post(simulator, ask('hi'))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await response.text()).toContain(SIMULATED_SECRET)
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'failed', produced: 0, billed: 0 })
  })

  it('json: is the whole answer in one piece, though a stream was asked for', async () => {
    const simulator = await startSimulator({ scenario: 'json', answer: () => ANSWER })
    const response = await post(simulator, ask('hi'))
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: ANSWER.join('') } }] })
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'finished', produced: ANSWER.length })
  })

  it('redirect: points at a path where nothing is', async () => {
    const simulator = await startSimulator({ scenario: 'redirect' })
    const response = await fetch(`${simulator.url}/chat/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(ask('hi')),
      redirect: 'manual',
    })
    expect(response.status).toBe(307)
    const target = new URL(response.headers.get('location') ?? '', simulator.url)
    expect((await fetch(target, { method: 'POST' })).status).toBe(404)
  })

  it('endless-error: keeps the socket open behind the beginning of a body', async () => {
    const simulator = await startSimulator({ scenario: 'endless-error' })
    const open = await call(simulator, ask('hi'))
    expect(open.response.statusCode).toBe(503)
    await until(() => open.text() !== '')
    expect(last(simulator).outcome).toBe('open')
    open.hangUp()
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'hung-up', produced: 0 })
  })
})

describe('refusals that pass', () => {
  it.each(['retry-after', 'retry-after-date'] as const)('%s: refuses every other request', async (scenario) => {
    const simulator = await startSimulator({ scenario, answer: () => ANSWER })
    const statuses: number[] = []
    for (const prompt of ['a', 'b', 'c', 'd']) {
      const response = await post(simulator, ask(prompt))
      statuses.push(response.status)
      await response.text()
    }
    expect(statuses).toEqual([429, 200, 429, 200])
    await until(() => simulator.stats.open === 0)
    expect(simulator.stats.billed).toBe(2 * ANSWER.length)
  })

  it('say when to come again, in seconds or as a date', async () => {
    const simulator = await startSimulator()
    const told = async (model: string): Promise<string> =>
      (await post(simulator, ask('hi', { model }))).headers.get('retry-after') ?? ''
    expect(await told('simulator/retry-after')).toBe('1')
    const before = Date.now()
    const date = await told('simulator/retry-after-date')
    expect(new Date(date).toUTCString()).toBe(date)
    expect(Date.parse(date) - before).toBeGreaterThanOrEqual(1000)
    expect(Date.parse(date) - Date.now()).toBeLessThanOrEqual(2000)
  })
})
