import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { readEvents, until, type ReadEvent } from '@sluice/contract'
import type { Cancellation } from '@sluice/core'
import type { DisconnectPolicy } from '@sluice/core/server'
import { createSimulator, type Simulator } from '@sluice/simulator'
import { startRedis, type TestRedis } from './redis-server.ts'

export interface InstanceSettings {
  /** The socket file of Redis, or of what stands before it. */
  readonly redis: string
  readonly baseURL: string
  readonly store: { readonly prefix: string; readonly leaseMs: number }
  readonly onDisconnect?: DisconnectPolicy
  readonly onSettled?: 'return' | 'hang' | 'throw'
  readonly shutdownMs?: number
}

export interface Settled {
  readonly type: 'settled'
  readonly runId: string
  readonly messageId: string
  readonly attempt: number
  readonly status: string
  readonly code: string | null
  readonly cancellation: Cancellation | null
  readonly text: string
}

export type InstanceReport =
  | Settled
  | { readonly type: 'listening'; readonly api: string }
  | { readonly type: 'trouble'; readonly message: string }

/** A server process. */
export interface Instance {
  readonly api: string
  readonly settled: readonly Settled[]
  readonly troubles: readonly string[]
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it in good order. */
  shutdown(): Promise<void>
}

/** Redis, a provider whose answer to `Say 40` is `t0 t1 … t39 `, and server processes between the two. */
export interface Cluster {
  readonly redis: TestRedis
  readonly simulator: Simulator
  start(settings?: Partial<InstanceSettings>): Promise<Instance>
  /** How a run was settled, over all processes. */
  settled(runId: string): readonly Settled[]
  close(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('instance.mjs', import.meta.url))

export async function startCluster({ tokensPerSecond = 100 } = {}): Promise<Cluster> {
  const redis = await startRedis()
  const answer = ({ prompt }: { readonly prompt: string }): readonly string[] =>
    tokensOf(Number(/\d+/.exec(prompt)?.[0]))
  const simulator = await createSimulator({ tokensPerSecond, firstTokenMs: 20, answer })
  const children: ChildProcess[] = []
  const reports: Settled[] = []

  async function start(changes: Partial<InstanceSettings> = {}): Promise<Instance> {
    const store = { prefix: 'test:', leaseMs: 6_000 }
    const settings: InstanceSettings = { redis: redis.socket, baseURL: simulator.url, store, ...changes }
    // The tests' own conditions would have a process load sources, which Node 20 cannot.
    const child = fork(PROGRAM, [JSON.stringify(settings)], { execArgv: [] })
    children.push(child)
    const settled: Settled[] = []
    const troubles: string[] = []
    let api = ''
    child.on('message', (report: InstanceReport) => {
      if (report.type === 'listening') api = report.api
      else if (report.type === 'trouble') troubles.push(report.message)
      else {
        settled.push(report)
        reports.push(report)
      }
    })
    await until('an instance listens', () => api !== '', 20_000)
    return { api, settled, troubles, signal: (name) => void child.kill(name), shutdown: () => shutdown(child) }
  }

  return {
    redis,
    simulator,
    start,
    settled: (runId) => reports.filter((report) => report.runId === runId),
    async close() {
      await Promise.all(children.map(end))
      await simulator.close()
      await redis.close()
    },
  }
}

async function shutdown(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.send('shutdown')
  await ended
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function tokensOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `t${i} `)
}

export function textOfTokens(count: number): string {
  return tokensOf(count).join('')
}

/** A viewer that reads in the background. */
export interface TestViewer {
  readonly events: readonly ReadEvent[]
  /** Resolves when the stream is over: after `[DONE]`, or `broken` before it. */
  readonly over: Promise<'done' | 'broken'>
  has(count: number): Promise<void>
  leave(): void
}

export interface Question {
  readonly count?: number
  readonly model?: string
  readonly thread?: string
}

/** Starts a run and reads it. */
export async function ask(
  api: string,
  id: string,
  { count = 40, model = 'any', thread }: Question = {},
): Promise<TestViewer> {
  const messages = [{ role: 'user', content: `Say ${count}` }]
  const body = JSON.stringify({ model, messages, stream: true, ...(thread !== undefined && { sluice: { thread } }) })
  const headers = { 'content-type': 'application/json', 'run-id': id }
  return view(await open(`${api}/chat/completions`, { method: 'POST', headers, body }))
}

export async function rejoin(api: string, id: string, after = 0): Promise<TestViewer> {
  return view(await open(`${api}/runs/${id}/events?after=${after}`, {}))
}

/** A request that was answered, and not with a stream. */
export class RefusedError extends Error {
  readonly status: number

  constructor(url: string, status: number, body: string) {
    super(`Expected 200 of ${url}, got ${status} ${body}`)
    this.status = status
  }
}

interface Opened {
  readonly response: Response
  readonly leaving: AbortController
}

async function open(url: string, init: RequestInit): Promise<Opened> {
  const leaving = new AbortController()
  const response = await fetch(url, { ...init, signal: leaving.signal })
  if (response.status !== 200) throw new RefusedError(url, response.status, await response.text())
  return { response, leaving }
}

function view({ response, leaving }: Opened): TestViewer {
  const events: ReadEvent[] = []
  let isOver = false
  async function read(): Promise<'done' | 'broken'> {
    try {
      for await (const event of readEvents(response)) events.push(event)
    } catch {
      // A socket that broke is told by what is missing.
    }
    isOver = true
    return events.at(-1)?.data === '[DONE]' ? 'done' : 'broken'
  }
  return {
    events,
    over: read(),
    has: (count) => until(`${count} events have come`, () => events.length >= count || isOver),
    leave: () => leaving.abort(),
  }
}

export async function stop(api: string, id: string): Promise<unknown> {
  const response = await fetch(`${api}/runs/${id}/cancel`, { method: 'POST' })
  return response.json()
}

/** What is looked at of a run. */
export interface TestRun {
  readonly status: string
  readonly message: { readonly text: string }
}

/** What `GET runs/:id` answers. */
export async function runOf(api: string, id: string): Promise<TestRun> {
  const response = await fetch(`${api}/runs/${id}`)
  const run: TestRun = await response.json()
  return run
}
