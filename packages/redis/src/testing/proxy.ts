import { randomUUID } from 'node:crypto'
import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** What stands between a process and its Redis, and can be slow, or gone. */
export interface Proxy {
  readonly socket: string
  /** How much later each answer comes, in ms. */
  delayMs: number
  /** Lets nothing through and nobody in, without closing what is open: a network that swallows. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

export async function startProxy(target: string): Promise<Proxy> {
  const socket = `${target}.${randomUUID().slice(0, 8)}`
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(target)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.on('data', (bytes) => void pass(bytes, to, to === near))
      if (isCut) from.pause()
    }
  })

  async function pass(bytes: Buffer, to: Socket, isAnswer: boolean): Promise<void> {
    // Timers of equal length end in the order of their start, so the bytes stay in order.
    if (isAnswer && proxy.delayMs > 0) await sleep(proxy.delayMs)
    to.write(bytes)
  }

  const proxy: Proxy = {
    socket,
    delayMs: 0,
    cut() {
      isCut = true
      for (const each of sockets) each.pause()
    },
    mend() {
      isCut = false
      for (const each of sockets) each.resume()
    },
    async close() {
      for (const each of sockets) each.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(socket)
  await once(server, 'listening')
  return proxy
}
