// @ts-check
/**
 * One server process: Express, `chatStream` and `redisStore`, from the built packages. Its settings come as JSON in the first
 * argument; it tells its parent where it listens, and how runs end. The message `shutdown` ends it in good order.
 */
import { createServer } from 'node:http'
import { chatStream, openaiCompatible } from '@sluice/express'
import { redisStore } from '@sluice/redis'
import express from 'express'
import { createClient } from 'redis'

/** @type {import('./cluster.ts').InstanceSettings} */
const settings = JSON.parse(process.argv[2] ?? '{}')

/** @param {import('./cluster.ts').InstanceReport} report */
const tell = (report) => void process.send?.(report)

const client = createClient({ socket: { path: settings.redis, reconnectStrategy: 20 } })
client.on('error', () => {})
await client.connect()

const { onDisconnect, onSettled, store } = settings
const chat = chatStream({
  source: openaiCompatible({ baseURL: settings.baseURL }),
  store: redisStore({ client, ...store, onError: (error) => tell({ type: 'trouble', message: String(error) }) }),
  ...(onDisconnect !== undefined && { onDisconnect }),
  async onSettled(outcome, { runId, attempt, messageId }) {
    const { status, message } = outcome
    const code = 'error' in outcome && outcome.error !== undefined ? outcome.error.code : null
    const cancellation = 'cancellation' in outcome ? outcome.cancellation : null
    tell({ type: 'settled', runId, messageId, attempt, status, code, cancellation, text: message.text })
    if (onSettled === 'hang') await new Promise(() => {})
    if (onSettled === 'throw') throw new Error('The database is away.')
  },
  onError: (error) => tell({ type: 'trouble', message: String(error) }),
})

const server = createServer(express().use('/v1', chat))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) {
    tell({ type: 'listening', api: `http://127.0.0.1:${address.port}/v1` })
  }
})

process.on('message', (message) => {
  if (message === 'shutdown') void shutdown()
})

async function shutdown() {
  await chat.shutdown({ graceMs: settings.shutdownMs ?? 10_000 })
  await new Promise((resolve) => void server.close(resolve))
  await client.close()
  process.disconnect()
}
