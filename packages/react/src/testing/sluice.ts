import { createServer } from 'node:http'
import { chatStream, openaiCompatible } from '@sluice/express'
import { createSimulator, type Simulator, type SimulatorOptions } from '@sluice/simulator'
import express from 'express'

/** A Sluice server in front of a simulated provider, both on real sockets. */
export interface RunningSluice {
  readonly api: string
  readonly simulator: Simulator
  close(): Promise<void>
}

export async function startSluice(options: SimulatorOptions = {}): Promise<RunningSluice> {
  const simulator = await createSimulator({ firstTokenMs: 20, ...options })
  const chat = chatStream({ source: openaiCompatible({ baseURL: simulator.url }) })
  const server = createServer(express().use('/v1', chat))
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  return {
    api: `http://127.0.0.1:${port}/v1`,
    simulator,
    async close() {
      await chat.shutdown({ graceMs: 0 })
      await simulator.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
