import { createServer } from 'node:http'
import { chatStream, openaiCompatible } from '@sluice/express'
import { createSimulator, type Simulator } from '@sluice/simulator'
import express from 'express'
import { bundlePage, type BundleName } from './bundle.ts'
import { encodeSettings, type PageSettings } from './settings.ts'

/** What the model says to a prompt that holds a number: that many words, each telling its place. Else 20. */
export function wordsFor(prompt: string): readonly string[] {
  return Array.from({ length: Number(/\d+/.exec(prompt)?.[0] ?? 20) }, (_, i) => `word${i} `)
}

/** A web server with the page in several builds, and a Sluice server in front of a simulated provider. */
export interface Site {
  readonly simulator: Simulator
  /** What was asked of the Sluice server, oldest first: method and path. */
  readonly requests: readonly string[]
  /** Where the page is, in a build that this site has. */
  address(bundle: BundleName, settings?: PageSettings): string
  /** Destroys every open socket of the pages, as a network that breaks does. */
  dropConnections(): void
  close(): Promise<void>
}

export interface SiteOptions {
  readonly bundles: readonly BundleName[]
  /** How long an answer goes on that nobody watches, in ms. Default 15,000. */
  readonly graceMs?: number
  /** What the page's root holds before its script runs. */
  readonly render?: (settings: PageSettings) => string
}

export async function startSite({ bundles, graceMs = 15_000, render }: SiteOptions): Promise<Site> {
  const simulator = await createSimulator({
    tokensPerSecond: 250,
    firstTokenMs: 20,
    answer: ({ prompt }) => wordsFor(prompt),
  })
  const requests: string[] = []
  const scripts = new Map(await Promise.all(bundles.map(async (name) => [name, await bundlePage(name)] as const)))
  const chat = chatStream({ source: openaiCompatible({ baseURL: simulator.url }), onDisconnect: { graceMs } })
  const app = express()
  app.use('/v1', (req, _res, next) => {
    requests.push(`${req.method} ${req.path}`)
    next()
  })
  app.use('/v1', chat)
  for (const [name, script] of scripts) {
    app.get(`/${name}.js`, (_req, res) => void res.type('js').send(script))
    app.get(`/${name}`, (req, res) => {
      const settings: PageSettings = JSON.parse(decodeURIComponent(req.url.split('?')[1] ?? '%7B%7D'))
      const html = `<div id="root">${render?.(settings) ?? ''}</div><script type="module" src="/${name}.js"></script>`
      res.send(`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>${name}</title>${html}</html>`)
    })
  }
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    simulator,
    requests,
    address: (bundle, settings = {}) => `http://127.0.0.1:${port}/${bundle}?${encodeSettings(settings)}`,
    dropConnections: () => server.closeAllConnections(),
    async close() {
      await chat.shutdown({ graceMs: 0 })
      await simulator.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
