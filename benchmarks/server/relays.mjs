/** What is compared: each takes `POST /v1/chat/completions` and relays the provider's stream. */
import { Agent, request as httpRequest } from 'node:http'

/** @typedef {import('node:http').RequestListener} RequestListener */
/** @typedef {(provider: string) => Promise<RequestListener>} BuildRelay */

/**
 * A peer, loaded only where it is measured.
 *
 * @param {string} name
 */
const load = (name) => import(name)

/** @type {BuildRelay} */
async function rawPipe(provider) {
  const agent = new Agent({ keepAlive: true })
  return (req, res) => {
    const { method, url, headers } = req
    const asked = httpRequest(provider + url, { method, headers, agent }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    asked.on('error', () => res.destroy())
    res.on('close', () => asked.destroy())
    req.pipe(asked)
  }
}

/** @param {(express: any, provider: string) => Promise<unknown>} mount */
const onExpress = (mount) => /** @type {BuildRelay} */ async (provider) => {
  const { default: express } = await load('express')
  const app = express()
  await mount(Object.assign(app, { json: express.json }), provider)
  return app
}

/** @param {object} [options] of the source */
const sluice = (options) =>
  onExpress(async (app, provider) => {
    const { chatStream, openaiCompatible } = await load('@sluice/express')
    app.use('/v1', chatStream({ source: openaiCompatible({ baseURL: `${provider}/v1`, ...options }) }))
  })

/**
 * The events of a provider's answer, by way of the peers that bring no client of their own.
 *
 * @param {string} provider
 * @param {unknown} body
 * @param {AbortSignal} signal
 */
async function ask(provider, body, signal) {
  const { EventSourceParserStream } = await load('eventsource-parser/stream')
  const response = await fetch(`${provider}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  return response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream()) ?? []
}

const betterSse = onExpress(async (app, provider) => {
  const { createSession } = await load('better-sse')
  app.use(app.json())
  app.post('/v1/chat/completions', async (/** @type {any} */ req, /** @type {any} */ res) => {
    const leaving = new AbortController()
    // As documented, it listens on the request, whose body has been read: nobody's leaving would ever be seen.
    res.once('close', () => leaving.abort())
    const session = await createSession(req, res)
    try {
      for await (const { data } of await ask(provider, req.body, leaving.signal)) session.push(data)
      res.end()
    } catch {
      res.destroy()
    }
  })
})

const aiSdk = onExpress(async (app, provider) => {
  const { streamText } = await load('ai')
  const { createOpenAICompatible } = await load('@ai-sdk/openai-compatible')
  const model = createOpenAICompatible({ name: 'benchmark', baseURL: `${provider}/v1` })
  app.use(app.json())
  app.post('/v1/chat/completions', (/** @type {any} */ req, /** @type {any} */ res) => {
    const leaving = new AbortController()
    res.once('close', () => leaving.abort())
    const { messages, model: name } = req.body
    const result = streamText({ model: model(name), messages, abortSignal: leaving.signal, onError: () => {} })
    result.pipeUIMessageStreamToResponse(res)
  })
})

/** @type {BuildRelay} */
async function hono(provider) {
  const { Hono } = await load('hono')
  const { streamSSE } = await load('hono/streaming')
  const { getRequestListener } = await load('@hono/node-server')
  const app = new Hono()
  app.post('/v1/chat/completions', async (/** @type {any} */ c) => {
    const body = await c.req.json()
    return streamSSE(
      c,
      async (/** @type {any} */ stream) => {
        const leaving = new AbortController()
        stream.onAbort(() => leaving.abort())
        let id = 0
        for await (const { data } of await ask(provider, body, leaving.signal)) {
          id += 1
          await stream.writeSSE({ data, id: String(id) })
        }
      },
      async () => {},
    )
  })
  return getRequestListener(app.fetch)
}

const proxyMiddleware = onExpress(async (app, provider) => {
  const { createProxyMiddleware } = await load('http-proxy-middleware')
  const agent = new Agent({ keepAlive: true })
  app.use(createProxyMiddleware({ target: provider, agent }))
})

/** @type {Readonly<Record<string, BuildRelay>>} */
export const RELAYS = {
  'raw http pipe': rawPipe,
  Sluice: sluice(),
  'Sluice on global fetch': sluice({ fetch: globalThis.fetch }),
  'http-proxy-middleware 4.2.2': proxyMiddleware,
  'Hono 4.13 streamSSE': hono,
  'better-sse 0.16': betterSse,
  'AI SDK 7.0': aiSdk,
}
