import { createFetchHandler, openaiCompatible } from '@sluice/core/server'
import { routesOptions, type ServerOptions, type ServerUnderTest } from '../server-options.ts'
import { serveFetch } from './serve-fetch.ts'

/** `createFetchHandler` on a plain Node server. */
export async function startFetchHandler(options: ServerOptions): Promise<ServerUnderTest> {
  const handler = createFetchHandler(
    routesOptions<Request>(options, openaiCompatible, ({ headers }, name) => headers.get(name) ?? undefined),
  )
  const { url, stopListening, destroy } = await serveFetch(handler)
  return { api: `${url}/v1`, shutdown: handler.shutdown, stopListening, destroy }
}
