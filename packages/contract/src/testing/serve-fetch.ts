import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen, type Listening } from '../listen.ts'

/** Any function from a `Request` to a `Response` on a bare `node:http`, with backpressure both ways. */
export function serveFetch(handle: (request: Request) => Promise<Response>): Promise<Listening> {
  return listen(createServer((req, res) => void answer(handle, req, res)))
}

async function answer(
  handle: (request: Request) => Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const leaving = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) leaving.abort()
  })
  const { status, headers, body } = await handle(requestOf(req, leaving.signal))
  res.writeHead(status, Object.fromEntries(headers))
  if (body === null) return void res.end()
  res.flushHeaders()
  const reader = body.getReader()
  // Also while a drain is waited for, which a client that reads nothing never brings.
  reader.closed.catch(() => res.destroy())
  res.once('close', () => void reader.cancel().catch(() => {}))
  for (;;) {
    const { done, value } = await reader.read().catch(() => BROKEN)
    if (done || res.destroyed) break
    if (!res.write(value)) await drained(res)
  }
  res.end()
}

const BROKEN = { done: true, value: undefined } as const

function requestOf(req: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', url = '/', headers } = req
  const pairs = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((each) => [name, each]))
  const init: RequestInit = { method, signal, headers: Object.fromEntries(pairs) }
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: bodyOf(req), duplex: 'half' }
  return new Request(new URL(url, `http://${headers.host ?? 'localhost'}`), { ...init, ...body })
}

function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  const pieces = req.iterator({ destroyOnReturn: false })
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await pieces.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await pieces.return?.()
    },
  })
}

/** Resolves when the socket takes more, or never will. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    if (res.destroyed) return resolve()
    res.on('drain', done)
    res.on('close', done)
  })
}
