import { createSimulator, type Simulator, type SimulatorOptions } from '@sluice/simulator'
import type { ServerOptions, ServerUnderTest, StartServer } from './server-options.ts'

export const ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
export const OTHER_ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a12'

/** A start, as an OpenAI client sends it. */
export interface Question {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly stream: boolean
}

export const QUESTION: Question = { model: 'any', messages: [{ role: 'user', content: 'Hello' }], stream: true }

/** Tokens that tell where they stand, so that a lost or a doubled one is seen. */
export const TOKENS: readonly string[] = Array.from({ length: 40 }, (_, i) => `t${i} `)
export const ANSWER: string = TOKENS.join('')

/** A provider at whose pace an answer takes 400 ms, for tests that meet a run while it goes on. Else it takes 20. */
export const STEADY: SimulatorOptions = { tokensPerSecond: 100 }

/** The server's key for the provider. It must never be seen by a viewer. */
export const API_KEY = 'sk-contract-5e0f2b7d'

export interface BenchOptions extends Partial<ServerOptions> {
  readonly simulator?: SimulatorOptions
}

type Headers = Readonly<Record<string, string>>

/** A simulator and the server under test in front of it, for one test at a time, with requests to the latter. */
export interface Bench {
  readonly api: string
  readonly server: ServerUnderTest
  readonly simulator: Simulator
  open(options?: BenchOptions): Promise<void>
  /** Takes down what `open` put up, if it did. */
  close(): Promise<void>
  /** Starts a run; `QUESTION` under `ID` if not said otherwise. */
  post(body?: unknown, headers?: Headers, signal?: AbortSignal): Promise<Response>
  cancel(id?: string, headers?: Headers): Promise<Response>
  /** `GET runs/:id`. */
  run(id?: string, headers?: Headers): Promise<Response>
  /** `GET runs/:id/events`, with a query such as `?after=3`. */
  events(query?: string, headers?: Headers, id?: string): Promise<Response>
  /** `GET runs?thread=…`. */
  list(thread: string, headers?: Headers): Promise<Response>
}

export function createBench(startServer: StartServer): Bench {
  let opened: { readonly server: ServerUnderTest; readonly simulator: Simulator } | undefined

  function current(): { readonly server: ServerUnderTest; readonly simulator: Simulator } {
    if (opened === undefined) throw new Error('Expected the test to open its bench first.')
    return opened
  }

  function get(path: string, headers: Headers = {}): Promise<Response> {
    return fetch(`${current().server.api}/${path}`, { headers })
  }

  return {
    get api() {
      return current().server.api
    },
    get server() {
      return current().server
    },
    get simulator() {
      return current().simulator
    },
    async open({ simulator: simulated, ...options } = {}) {
      const simulator = await createSimulator({
        answer: () => TOKENS,
        tokensPerSecond: 2_000,
        firstTokenMs: 1,
        apiKey: API_KEY,
        ...simulated,
      })
      const provider = { baseURL: simulator.url, apiKey: API_KEY }
      opened = { simulator, server: await startServer({ provider, ...options }) }
    },
    async close() {
      if (opened === undefined) return
      const { server, simulator } = opened
      opened = undefined
      await server.shutdown({ graceMs: 0 })
      await server.destroy()
      await simulator.close()
    },
    post(body = QUESTION, headers = { 'run-id': ID }, signal) {
      return fetch(`${current().server.api}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...(signal !== undefined && { signal }),
      })
    },
    cancel: (id = ID, headers = {}) => fetch(`${current().server.api}/runs/${id}/cancel`, { method: 'POST', headers }),
    run: (id = ID, headers) => get(`runs/${id}`, headers),
    events: (query = '', headers, id = ID) => get(`runs/${id}/events${query}`, headers),
    list: (thread, headers) => get(`runs?thread=${encodeURIComponent(thread)}`, headers),
  }
}
