import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  /** As the address behind it, with the proxy's own port. */
  readonly url: string
  /** How many connections were cut. */
  readonly cuts: number
  close(): Promise<void>
}

/**
 * A TCP proxy that destroys each connection, at both sides, after as many bytes of the answer as it is told: anywhere, in
 * the middle of a head, of an event or of a character.
 *
 * @param budget bytes that the next connection may bring; `Infinity` for all of them
 */
export async function startCuttingProxy(target: string, budget: () => number): Promise<CuttingProxy> {
  const { hostname, port, protocol, pathname } = new URL(target)
  const open = new Set<Socket>()
  let cuts = 0

  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let left = budget()
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', () => {}) // whoever is cut off learns it from `close`
      socket.once('close', () => {
        open.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (bytes) => {
      near.write(bytes.subarray(0, left), () => {
        if (left > 0) return
        cuts += 1
        near.destroy()
      })
      left -= bytes.length
    })
  })

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('Expected the proxy to have a port.')
  return {
    url: `${protocol}//127.0.0.1:${address.port}${pathname === '/' ? '' : pathname}`,
    get cuts() {
      return cuts
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        open.forEach((socket) => socket.destroy())
      }),
  }
}
