import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRoutes, type Reply, type RoutesOptions } from '../server/index.ts'
import { listen } from './listen.ts'

export interface SluiceServer {
  /** The address to give as `api`. */
  readonly api: string
  /** How many requests came, by method and path. */
  readonly requests: readonly string[]
  /** Destroys every open socket, as a network that breaks does. */
  dropConnections(): void
  close(): Promise<void>
}

/** The server half on a bare `node:http`, for tests of what stands on the other side of it. */
export async function startSluiceServer(options: RoutesOptions<IncomingMessage>): Promise<SluiceServer> {
  const routes = createRoutes(options)
  const requests: string[] = []
  const server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url}`)
    void answer(req, res)
  })

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const leaving = new AbortController()
    res.once('close', () => leaving.abort())
    const url = new URL(req.url ?? '/', 'http://localhost')
    const reply = await routes.handle({
      method: req.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      header: (name) => req.headers[name.toLowerCase()]?.toString(),
      body: async () => ({ text: Buffer.concat(await req.toArray()).toString('utf8') }),
      native: req,
      signal: leaving.signal,
    })
    await send(reply, res)
  }

  const { url, close } = await listen(server)
  return {
    api: url,
    requests,
    dropConnections: () => server.closeAllConnections(),
    async close() {
      await routes.shutdown({ graceMs: 0 })
      await close()
    },
  }
}

async function send(reply: Reply | undefined, res: ServerResponse): Promise<void> {
  if (reply === undefined) return void res.writeHead(404).end()
  res.writeHead(reply.status, reply.headers)
  if (reply.type === 'json') return void res.end(JSON.stringify(reply.body))
  res.flushHeaders()
  if (reply.type === 'events') for await (const text of reply.viewer) res.write(text)
  res.end()
}
