/**
 * One relay, in a process of its own: `node --expose-gc relay.mjs <name> <provider's origin>`. Tells its parent, over IPC,
 * its port, and answers `cpu` and `memory` with what it has used; for the latter its garbage is collected first.
 */
import { createServer } from 'node:http'
import { RELAYS } from './relays.mjs'

const [name = '', provider = ''] = process.argv.slice(2)
const build = RELAYS[name]
if (build === undefined) throw new TypeError(`Expected one of ${Object.keys(RELAYS).join(', ')}; got ${name}.`)
const server = createServer(await build(provider))
server.listen(0, '127.0.0.1', 4096, () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.({ port: address?.port })
})

process.on('message', (what) => {
  const { user, system } = process.cpuUsage()
  if (what === 'memory') for (let i = 0; i < 4; i += 1) globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({ cpuMs: (user + system) / 1_000, heapUsed, rss })
})
process.on('disconnect', () => process.exit())
