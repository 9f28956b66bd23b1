import { ChatStreamError } from '../errors.ts'
import { readBody } from './fetch-body.ts'
import { errorReply, type Reply } from './reply.ts'
import { createRoutes, type RouteRequest, type RoutesOptions } from './routes.ts'
import type { Viewer } from './viewer.ts'

export interface FetchHandlerOptions extends RoutesOptions<Request> {
  /**
   * The path below which the routes lie, e.g. `/v1`; what is not below it is 404. Default: wherever a path ends like
   * one of the routes.
   */
  readonly basePath?: string
}

/** The server half as one function, for Hono, Next.js, Workers, Deno, Bun and whatever else speaks WHATWG `fetch`. */
export interface FetchHandler {
  /** Never rejects. */
  (request: Request): Promise<Response>
  /**
   * Refuses new runs with 503, gives running ones `graceMs` (ms, default 10,000) to end, and breaks off the rest. When
   * it resolves, no stream is left open.
   */
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
}

/**
 * Answers `POST chat/completions`, `GET models`, `GET runs`, `GET runs/:id`, `GET runs/:id/events` and
 * `POST runs/:id/cancel`, as PROTOCOL.md says.
 *
 * A viewer has left when its request's signal aborts or the body of its response is cancelled. The body is produced as it is
 * read, one piece ahead at most.
 */
export function createFetchHandler(options: FetchHandlerOptions): FetchHandler {
  const routes = createRoutes<Request>(options)

  async function handle(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const path = pathBelow(url.pathname, options.basePath)
    const reply = path === undefined ? undefined : await routes.handle(routeRequest(request, path, url.searchParams))
    if (reply?.type === 'events') leaveWith(request.signal, reply.viewer)
    return response(reply ?? errorReply(new ChatStreamError('not_found', 'There is nothing at this address.')))
  }

  return Object.assign(handle, { shutdown: routes.shutdown })
}

const ROUTE = /^.*?(\/(?:chat\/completions|models|runs(?:\/[^/]+(?:\/(?:events|cancel))?)?)\/?)$/

function pathBelow(pathname: string, basePath: string | undefined): string | undefined {
  if (basePath === undefined) return ROUTE.exec(pathname)?.[1]
  const base = basePath.replace(/\/+$/, '')
  return pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : undefined
}

function routeRequest(request: Request, path: string, query: URLSearchParams): RouteRequest<Request> {
  return {
    method: request.method,
    path,
    query,
    header: (name) => request.headers.get(name) ?? undefined,
    body: (maxBytes) => readBody(request, maxBytes),
    native: request,
    signal: request.signal,
  }
}

function leaveWith(signal: AbortSignal, viewer: Viewer): void {
  if (signal.aborted) void viewer.return()
  else signal.addEventListener('abort', () => void viewer.return(), { once: true })
}

function response(reply: Reply): Response {
  const { status } = reply
  const headers = new Headers(reply.headers)
  if (reply.type === 'events') return new Response(eventBody(reply.viewer), { status, headers })
  if (reply.type === 'empty') return new Response(null, { status, headers })
  headers.set('content-type', 'application/json')
  return new Response(JSON.stringify(reply.body), { status, headers })
}

/** A viewer's event stream, produced as it is read. One that is let go errors, so that what nobody reads is dropped. */
function eventBody(viewer: Viewer): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    start(controller) {
      void viewer.left.then((how) => {
        if (how === 'detached') controller.error(new ChatStreamError('truncated', 'The server has let this viewer go.'))
      })
    },
    async pull(controller) {
      const { done, value } = await viewer.next()
      if (done === true) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await viewer.return()
    },
  })
}
