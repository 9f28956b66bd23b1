import { createServer } from 'node:http'
import { listen } from './listen.ts'

/** A provider that takes every request and answers none: not even a head comes. */
export interface SilentProvider {
  readonly baseURL: string
  /** Requests whose socket the other side has not closed. */
  readonly open: number
  /** Requests that have come. */
  readonly requests: number
  close(): Promise<void>
}

export async function startSilentProvider(): Promise<SilentProvider> {
  let open = 0
  let requests = 0
  const server = createServer((_, res) => {
    open += 1
    requests += 1
    res.once('close', () => (open -= 1))
  })
  const { url, destroy } = await listen(server)
  return {
    baseURL: `${url}/v1`,
    get open() {
      return open
    },
    get requests() {
      return requests
    },
    close: destroy,
  }
}
