import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterEach } from 'vitest'
import { createSimulator } from '../index.ts'
import type { Simulator, SimulatorOptions, SimulatorRequest } from '../index.ts'

const running: Simulator[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()))
})

/** A simulator that is closed when the test ends; quick unless the test says otherwise. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator({ tokensPerSecond: 5000, firstTokenMs: 0, ...options })
  running.push(simulator)
  return simulator
}

/** A request body for one user message. */
export function ask(content: string, more: object = {}): object {
  return { model: 'any', stream: true, messages: [{ role: 'user', content }], ...more }
}

export function post(
  simulator: Simulator,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${simulator.url}/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** The `data` of every event in a stream whose events have one line each. */
export function eventsOf(text: string): readonly string[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''))
}

/** The contents of all chunks that have one, joined. */
export function textOf(events: readonly string[]): string {
  return [...contentsOf(events)].join('')
}

export function* contentsOf(events: readonly string[]): Generator<string> {
  for (const event of events) {
    const content = /"delta":\{"content":("(?:[^"\\]|\\.)*")\}/.exec(event)?.[1]
    if (content !== undefined) yield String(JSON.parse(content))
  }
}

/** A streaming request over a bare socket, so that a test sees and does exactly what it says. */
export interface OpenCall {
  readonly response: IncomingMessage
  /** What has arrived so far. */
  readonly text: () => string
  /** Resolves when at least `count` contents have arrived. */
  readonly contents: (count: number) => Promise<void>
  /** Closes the socket, and returns the epoch ms at which it did. */
  readonly hangUp: () => number
}

export function call(simulator: Simulator, body: object): Promise<OpenCall> {
  return new Promise((resolve, reject) => {
    const req = httpRequest(
      `${simulator.url}/chat/completions`,
      { method: 'POST', agent: false, headers: { 'Content-Type': 'application/json' } },
      (response) => {
        let text = ''
        response.on('error', () => {})
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        resolve({
          response,
          text: () => text,
          contents: (count) => until(() => [...contentsOf(eventsOf(text))].length >= count),
          hangUp() {
            req.destroy()
            return performance.timeOrigin + performance.now()
          },
        })
      },
    )
    req.on('error', reject)
    req.end(JSON.stringify(body))
  })
}

/** Resolves once `check` holds; the test's own time limit is the limit. */
export async function until(check: () => boolean): Promise<void> {
  while (!check()) await pause(2)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

/** The newest request, once it has ended. */
export async function lastEnded(simulator: Simulator): Promise<SimulatorRequest> {
  await until(() => simulator.stats.requests.at(-1)?.outcome !== 'open')
  return last(simulator)
}

export function last(simulator: Simulator): SimulatorRequest {
  const request = simulator.stats.requests.at(-1)
  if (request === undefined) throw new Error('the simulator has seen no request')
  return request
}
