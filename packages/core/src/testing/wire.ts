import type { Fetch } from '../http/send.ts'

const encoder = new TextEncoder()

/** Another end whose every byte the test writes. */
export interface Wire {
  readonly fetch: Fetch
  /** The requests so far, as method and path. */
  readonly asked: string[]
  /** Whether every request fails at once, as it does without a network. */
  isDown: boolean
  /** Answers the newest request with an event stream, if nobody did; returns whether there was one to answer. */
  head(): boolean
  write(...events: readonly unknown[]): void
  ping(): void
  /** Ends the newest answer's body. */
  end(): void
}

export function createWire(): Wire {
  const asked: string[] = []
  let answer: ((response: Response) => void) | undefined
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined
  const write = (text: string): void => stream?.enqueue(encoder.encode(text))
  let id = 0
  const wire: Wire = {
    asked,
    isDown: false,
    fetch(url, { method = 'GET', signal }) {
      asked.push(`${method} ${new URL(url).pathname}`)
      if (wire.isDown) return Promise.reject(new TypeError('fetch failed'))
      return new Promise((resolve, reject) => {
        if (!url.endsWith('/cancel')) answer = resolve
        signal?.addEventListener('abort', () => {
          reject(signal.reason)
          try {
            stream?.error(signal.reason)
          } catch {
            // It had ended already.
          }
        })
      })
    },
    head() {
      if (answer === undefined) return false
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) })
      answer(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
      answer = undefined
      return true
    },
    write(...events) {
      for (const event of events) {
        id += 1
        write(`id: ${id}\ndata: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
      }
    },
    ping: () => write(': ping\n'),
    end: () => stream?.close(),
  }
  return wire
}
