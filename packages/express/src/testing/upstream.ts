import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'

/** What a provider does when it is asked; the body of the request has been read. */
export type Answer = (req: IncomingMessage, res: ServerResponse) => void

/** A provider that answers exactly as the test says. */
export interface Upstream {
  /** Without a path. */
  readonly origin: string
  readonly port: number
  /** Every connection that came, oldest first. */
  readonly sockets: readonly Socket[]
  readonly requests: readonly { readonly req: IncomingMessage; readonly body: string }[]
  close(): Promise<void>
}

export function startUpstream(answer: Answer): Promise<Upstream> {
  return listening('http', answer, (listener) => createServer(listener))
}

/** Its certificate is self-signed. */
export function startTlsUpstream(answer: Answer): Promise<Upstream> {
  return listening('https', answer, (listener) => createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, listener))
}

async function listening(
  protocol: 'http' | 'https',
  answer: Answer,
  create: (listener: RequestListener) => Server,
): Promise<Upstream> {
  const requests: { readonly req: IncomingMessage; readonly body: string }[] = []
  const sockets: Socket[] = []
  const server = create((req, res) => {
    void req.toArray().then((pieces) => {
      requests.push({ req, body: Buffer.concat(pieces).toString('utf8') })
      answer(req, res)
    })
  })
  server.on('connection', (socket: Socket) => sockets.push(socket))
  const port = await listen(server)
  return {
    origin: `${protocol}://127.0.0.1:${port}`,
    port,
    sockets,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Listens on a free port of the loopback, and returns it. */
export async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown
  address(): string | { readonly port: number } | null
}): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('Expected the server to have a port.')
  return address.port
}
