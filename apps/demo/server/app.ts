import { chatStream, memoryStore, type RunStore } from '@sluice/express'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { chatSource } from './chat-source.ts'
import type { Providers } from './providers.ts'
import { readStats, simulatorRoute } from './simulator-route.ts'
import { keepThreads } from './threads/keep.ts'
import { threadRoutes } from './threads/routes.ts'
import type { ThreadStore } from './threads/thread-store.ts'

export interface Demo {
  readonly app: Express
  /** Ends what is running: answers get `graceMs` to finish, then they end as `server_shutdown`. */
  close(graceMs: number): Promise<void>
}

export interface DemoOptions {
  readonly providers: Providers
  readonly threads: ThreadStore
  /** Where the runs are; default the memory of this process. */
  readonly store?: RunStore | undefined
  /** The folder of the built page. */
  readonly page: string
  /** What went wrong behind the answers, for the terminal. */
  readonly onError?: (error: unknown) => void
}

// Scripts, styles and requests of this origin alone: what an answer holds can only ever be text. Pictures may be what
// somebody attached; KaTeX and the plot place what they draw by the style attribute.
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; " +
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/** A question with pictures in it is larger than the 4 MiB that a chat of words needs, in bytes. */
const MAX_BODY_BYTES = 16 * 2 ** 20

/**
 * The chat's server: the page at `/`, the API under `/v1`, the conversations, and what the simulator saw. Under
 * `/naive/v1` is the same API as most servers have it, where nobody hears that a page has left.
 */
export function createDemo({ providers, threads, page, onError, store = memoryStore() }: DemoOptions): Demo {
  const { list, simulator } = providers
  const shared = {
    source: chatSource(providers),
    store,
    limits: { bodyBytes: MAX_BODY_BYTES },
    ...keepThreads(threads),
    ...(onError !== undefined && { onError }),
  }
  const chat = chatStream(shared)
  const naive = chatStream({ ...shared, onDisconnect: 'continue' })
  const app = express()
  app.disable('x-powered-by')
  app.get(['/v1/runs', '/naive/v1/runs'], withoutDeleted(threads))
  app.use('/v1', chat)
  app.use('/naive/v1', naive)
  app.use(headers(PAGE_HEADERS))
  app.get(
    '/healthz',
    async (_req, res) => void res.json({ ok: true, simulator: simulator && (await totals(simulator)) }),
  )
  app.get('/config', (_req, res) => {
    const [{ model }] = list
    res.json({ provider: list.map(({ name }) => name).join(', '), model, simulator: simulator !== null })
  })
  if (simulator !== null) app.get('/simulator', simulatorRoute(simulator))
  app.use('/threads', threadRoutes(threads))
  app.use('/assets', express.static(`${page}/assets`, { immutable: true, maxAge: '1y' }))
  app.use(
    express.static(page, { cacheControl: false, setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache') }),
  )
  app.use((_req, res) => void res.status(404).type('text').send('There is nothing here. The chat is at /.\n'))
  app.use(refuse(onError))
  return {
    app,
    async close(graceMs) {
      await Promise.all([chat.shutdown({ graceMs }), naive.shutdown({ graceMs })])
      await providers.close()
      threads.close()
    },
  }
}

/** Runs are remembered for a while: those of a conversation that was deleted are not to bring it back. */
function withoutDeleted(threads: ThreadStore): RequestHandler {
  return async (req, res, next) => {
    const { thread } = req.query
    if (typeof thread !== 'string' || (await threads.messages(thread)) !== undefined) next()
    else res.set('Cache-Control', 'no-store').json({ object: 'list', data: [] })
  }
}

function headers(fields: Readonly<Record<string, string>>): RequestHandler {
  return (_req, res, next) => {
    res.set(fields)
    next()
  }
}

/** The last resort: what went wrong is told to the terminal, and a visitor hears a sentence. */
function refuse(onError: DemoOptions['onError']): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) return next(error)
    const { status = 500 } = Object(error)
    if (status >= 500) onError?.(error)
    const message =
      status < 500 ? 'The request could not be read. Reload the page.' : 'Something broke here. Try again.'
    res.status(status).json({ error: { message } })
  }
}

async function totals(simulator: string): Promise<object> {
  const { open, produced, billed } = await readStats(simulator, 1)
  return { open, produced, billed }
}
