import { createServer } from 'node:http'
import { createSimulator, type Simulator, type SimulatorOptions } from '@sluice/simulator'
import express, { type Express } from 'express'
import { chatStream, openaiCompatible, type ChatStreamOptions } from '../index.ts'

/** A simulator, and an Express app with the middleware in front of it at `/v1`. */
export interface ChatServer {
  /** Where the middleware is mounted. */
  readonly api: string
  readonly simulator: Simulator
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
  /** Resolves when the last connection has closed by itself. */
  stopListening(): Promise<void>
  close(): Promise<void>
}

export interface ChatServerOptions {
  readonly chat?: Partial<ChatStreamOptions>
  readonly simulator?: SimulatorOptions
  /** Runs before the middleware is mounted. */
  readonly before?: (app: Express) => void
}

/** Tokens that tell where they stand, so that a lost or a doubled one is seen. */
export const TOKENS: readonly string[] = Array.from({ length: 40 }, (_, i) => `t${i} `)
export const ANSWER = TOKENS.join('')

export async function startChatServer(options: ChatServerOptions = {}): Promise<ChatServer> {
  const simulator = await createSimulator({
    answer: () => TOKENS,
    tokensPerSecond: 200,
    firstTokenMs: 20,
    ...options.simulator,
  })
  const app = express()
  options.before?.(app)
  const chat = chatStream({ source: openaiCompatible({ baseURL: simulator.url }), ...options.chat })
  app.use('/v1', chat)
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('Expected the server to have a port.')
  const stopListening = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))
  return {
    api: `http://127.0.0.1:${address.port}/v1`,
    simulator,
    shutdown: (how) => chat.shutdown(how),
    stopListening,
    async close() {
      await chat.shutdown({ graceMs: 0 })
      server.closeAllConnections()
      await stopListening()
      await simulator.close()
    },
  }
}
