import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { listen } from './listen.ts'

/** What a provider was asked. */
export interface ProviderCall {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Whether the other side has closed the socket before the answer was complete. */
  readonly left: boolean
}

export interface ScriptedProvider {
  /** The address to give as `baseURL`. */
  readonly url: string
  readonly calls: readonly ProviderCall[]
  close(): Promise<void>
}

/** A provider that answers exactly as the test says, for what no sane one does. */
export async function startProvider(
  answer: (res: ServerResponse, call: ProviderCall) => void,
): Promise<ScriptedProvider> {
  const calls: ProviderCall[] = []
  const server = createServer((req, res) => {
    void req.toArray().then((pieces) => {
      const body = Buffer.concat(pieces).toString('utf8')
      const call = { path: `${req.method} ${req.url}`, headers: req.headers, body, left: false }
      res.once('close', () => (call.left = !res.writableFinished))
      calls.push(call)
      answer(res, call)
    })
  })
  const { url, close } = await listen(server)
  return { url: `${url}/v1`, calls, close }
}

/** Opens an event stream, and writes the events that are given: texts as they are, all else as JSON. */
export function writeEvents(res: ServerResponse, ...events: readonly unknown[]): ServerResponse {
  if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
  for (const event of events) res.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
  return res
}

/** A chunk that adds text. */
export function textChunk(content: string, finish: string | null = null): object {
  return {
    id: 'c1',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  }
}
