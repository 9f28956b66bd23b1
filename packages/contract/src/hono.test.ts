import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createFetchHandler, openaiCompatible } from '@sluice/core/server'
import { Hono } from 'hono'
import { listen } from './listen.ts'
import { describeServerContract } from './server-contract.ts'
import { routesOptions, type ServerOptions, type ServerUnderTest } from './server-options.ts'

async function start(options: ServerOptions): Promise<ServerUnderTest> {
  const routes = routesOptions<Request>(
    options,
    openaiCompatible,
    (request, name) => request.headers.get(name) ?? undefined,
  )
  const handler = createFetchHandler({ ...routes, basePath: '/v1' })
  const app = new Hono().all('/v1/*', (context) => handler(context.req.raw))
  const answer = getRequestListener(app.fetch)
  const { url, stopListening, destroy } = await listen(createServer((req, res) => void answer(req, res)))
  return { api: `${url}/v1`, shutdown: handler.shutdown, stopListening, destroy }
}

describeServerContract('createFetchHandler in Hono', start)
