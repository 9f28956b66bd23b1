import type { Server } from 'node:http'

export interface Listening {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string
  /** Takes no more connections; resolves when the last one has closed by itself. */
  stopListening(): Promise<void>
  /** Closes, and destroys every connection. */
  destroy(): Promise<void>
}

/** Listens on a free port of the loopback. */
export async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('Expected the server to have a port.')
  const stopListening = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()))
  return {
    url: `http://127.0.0.1:${address.port}`,
    stopListening,
    destroy() {
      const stopped = stopListening()
      server.closeAllConnections()
      return stopped
    },
  }
}
