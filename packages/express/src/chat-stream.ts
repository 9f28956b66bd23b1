import { Router, type NextFunction, type Request, type Response } from 'express'
import { createRoutes, type Reply, type RouteRequest, type RoutesOptions } from '@sluice/core/server'
import { readBody } from './body.ts'
import { writeViewer } from './write-viewer.ts'

export interface ChatStreamOptions extends RoutesOptions<Request> {}

/** An Express router that answers under the path where it is mounted; other paths below it are passed on. */
export interface ChatStreamRouter extends Router {
  /**
   * Refuses new runs with 503, gives running ones `graceMs` (default 10,000) to end, and breaks off the rest. When it
   * resolves, no stream is left open, so that `server.close()` returns.
   */
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
}

/**
 * Streams chat answers, lets viewers rejoin them, and stops them at the provider.
 *
 * Adds `POST chat/completions`, `GET models`, `GET runs`, `GET runs/:id`, `GET runs/:id/events` and
 * `POST runs/:id/cancel`, as PROTOCOL.md says. `express.json()` may stand before it or not.
 */
export function chatStream(options: ChatStreamOptions): ChatStreamRouter {
  const routes = createRoutes<Request>(options)

  // Refusals and failures are replies; what is thrown is for the app's own error handler. Express 4 catches no rejection.
  async function serve(req: Request, res: Response, next: NextFunction): Promise<void> {
    try {
      const reply = await routes.handle(routeRequest(req, res))
      if (reply === undefined) next()
      else await send(reply, res)
    } catch (error) {
      next(error)
    }
  }

  const router = Router()
  router.use((req, res, next) => void serve(req, res, next))
  return Object.assign(router, { shutdown: routes.shutdown })
}

function routeRequest(req: Request, res: Response): RouteRequest<Request> {
  const leaving = new AbortController()
  // `req` closes as soon as its body was read; only `res` tells that somebody has left.
  res.once('close', () => {
    if (!res.writableFinished) leaving.abort()
  })
  return {
    method: req.method,
    path: req.path,
    // Not Express's own reading of it, which the app may have replaced; nor `URL`, which throws for a path like `//`.
    query: new URLSearchParams(req.url.replace(/^[^?]*/, '')),
    header: (name) => req.get(name),
    body: (maxBytes) => readBody(req, maxBytes),
    native: req,
    signal: leaving.signal,
  }
}

async function send(reply: Reply, res: Response): Promise<void> {
  if (res.destroyed || res.headersSent) return
  res.status(reply.status).set(reply.headers)
  if (reply.type === 'json') res.json(reply.body)
  else if (reply.type === 'empty') res.end()
  else await writeViewer(reply.viewer, res)
}
