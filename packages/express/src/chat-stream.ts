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
    const request = new ExpressRequest(req, res)
    try {
      const reply = await routes.handle(request)
      if (reply === undefined) next()
      else send(reply, res, next)
    } catch (error) {
      next(error)
    } finally {
      request.release()
    }
  }

  const router = Router()
  router.use((req, res, next) => void serve(req, res, next))
  return Object.assign(router, { shutdown: routes.shutdown })
}

/** What of a request is needed to answer it. Let go of then, as its stream may be open for long. */
class ExpressRequest implements RouteRequest<Request> {
  readonly native: Request
  readonly #res: Response
  readonly #leaving = new AbortController()
  readonly #onClose = (): void => {
    if (!this.#res.writableFinished) this.#leaving.abort()
  }

  constructor(req: Request, res: Response) {
    this.native = req
    this.#res = res
    // `req` closes as soon as its body was read; only `res` tells that somebody has left.
    res.on('close', this.#onClose)
  }

  release(): void {
    this.#res.off('close', this.#onClose)
  }

  get method(): string {
    return this.native.method
  }

  get path(): string {
    return this.native.path
  }

  get query(): URLSearchParams {
    // Not Express's own reading of it, which the app may have replaced; nor `URL`, which throws for a path like `//`.
    return new URLSearchParams(this.native.url.replace(/^[^?]*/, ''))
  }

  get signal(): AbortSignal {
    return this.#leaving.signal
  }

  readonly header = (name: string): string | undefined => this.native.get(name)
  readonly body = (maxBytes: number): ReturnType<typeof readBody> => readBody(this.native, maxBytes)
}

function send(reply: Reply, res: Response, onFailure: NextFunction): void {
  if (res.destroyed || res.headersSent) {
    if (reply.type === 'events') void reply.viewer.return()
    return
  }
  res.status(reply.status).set(reply.headers)
  if (reply.type === 'json') res.json(reply.body)
  else if (reply.type === 'empty') res.end()
  // Not waited for: that would be kept as long as the stream is open.
  else writeViewer(reply.viewer, res).catch(onFailure)
}
