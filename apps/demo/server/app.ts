import { chatStream, openaiCompatible } from '@sluice/express'
import express, { type Express, type RequestHandler } from 'express'
import type { Provider } from './provider.ts'
import { simulatorRoute } from './simulator-route.ts'

export interface Demo {
  readonly app: Express
  /** Ends what is running: answers get `graceMs` to finish, then they end as `server_shutdown`. */
  close(graceMs: number): Promise<void>
}

export interface DemoOptions {
  readonly provider: Provider
  /** The folder of the built page. */
  readonly page: string
}

// Scripts, styles and requests of this origin alone: what an answer holds can only ever be text.
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
}

/** The chat's server: the page at `/`, the API under `/v1`, and what the simulator saw. */
export function createDemo({ provider, page }: DemoOptions): Demo {
  const { baseURL, apiKey, name, model, simulator } = provider
  const chat = chatStream({ source: openaiCompatible({ baseURL, apiKey }) })
  const app = express()
  app.disable('x-powered-by')
  app.use('/v1', chat)
  app.use(headers(PAGE_HEADERS))
  app.get('/healthz', (_req, res) => void res.json({ ok: true, simulator: simulator && totals(simulator) }))
  app.get('/config', (_req, res) => void res.json({ provider: name, model, simulator: simulator !== null }))
  if (simulator !== null) app.get('/simulator', simulatorRoute(simulator))
  app.use('/assets', express.static(`${page}/assets`, { immutable: true, maxAge: '1y' }))
  app.use(
    express.static(page, { cacheControl: false, setHeaders: (res) => res.setHeader('Cache-Control', 'no-cache') }),
  )
  app.use((_req, res) => void res.status(404).type('text').send('There is nothing here. The chat is at /.\n'))
  return {
    app,
    async close(graceMs) {
      await chat.shutdown({ graceMs })
      await simulator?.close()
    },
  }
}

function headers(fields: Readonly<Record<string, string>>): RequestHandler {
  return (_req, res, next) => {
    res.set(fields)
    next()
  }
}

function totals({ stats: { open, produced, billed } }: NonNullable<Provider['simulator']>): object {
  return { open, produced, billed }
}
