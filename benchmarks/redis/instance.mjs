/**
 * A server process for the load test: `node instance.mjs <provider's base URL> [<Redis socket>]`. Tells its parent where it
 * listens, and, when it is asked `cpu`, how many ms of CPU it has used so far.
 */
import { createServer } from 'node:http'

/** @type {(specifier: string) => Promise<any>} what is installed here alone is not known to the check of the repository */
const load = (specifier) => import(specifier)
const { chatStream, memoryStore, openaiCompatible } = await load('@sluice/express')
const { redisStore } = await load('@sluice/redis')
const { default: express } = await load('express')
const { createClient } = await load('redis')

const [, , baseURL = '', path] = process.argv

async function openStore() {
  if (path === undefined) return memoryStore()
  const client = createClient({ socket: { path } })
  client.on('error', (/** @type {Error} */ error) => console.error(error))
  await client.connect()
  return redisStore({ client, onError: (/** @type {unknown} */ error) => console.error(error) })
}

const chat = chatStream({ source: openaiCompatible({ baseURL }), store: await openStore() })
const server = createServer(express().use('/v1', chat))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.({ api: `http://127.0.0.1:${address.port}/v1` })
})

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpuMs: (user + system) / 1_000 })
})
process.on('disconnect', () => process.exit())
