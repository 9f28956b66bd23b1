import { ChatStreamError } from '@sluice/core'
import type { OpenAICompatibleOptions as CoreOptions } from '@sluice/core/server'
import type { Dispatcher } from 'undici'
import { Exchange } from './exchange.ts'

/** The part of `fetch` that Sluice calls. */
type Fetch = NonNullable<CoreOptions['fetch']>

/** What of undici's agents, pools and proxies is needed here. */
export type RequestDispatcher = Pick<Dispatcher, 'dispatch'>

/**
 * `fetch` for requests whose body is a text, straight over undici's dispatcher. Differs from the global one in what a
 * relay of long streams needs:
 *
 * - An abort closes the socket at once, also while it is still connecting.
 * - No timeout but that of connecting: the run's own limits govern.
 * - Redirects are never followed: they would take the key elsewhere.
 * - It asks for no compression, which would hold tokens back, and yet reads gzip, deflate and Brotli.
 *
 * Rejects with a `ChatStreamError` that names the cause in plain words, and never holds a header.
 */
export function createTransport(dispatcher: RequestDispatcher): Fetch {
  return async (url, init) => {
    const { signal = null, body = null } = init
    if (body !== null && typeof body !== 'string') throw new TypeError('Expected the body of the request to be a text.')
    signal?.throwIfAborted()
    const { origin, pathname, search } = new URL(url)
    const request = {
      origin,
      path: pathname + search,
      method: method(init.method),
      headers: { 'accept-encoding': 'identity', ...checked(init.headers) },
      body,
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    return new Promise((onHead, onFailure) => {
      const exchange = new Exchange(signal, { onHead, onFailure })
      try {
        dispatcher.dispatch(request, exchange)
      } catch (error) {
        exchange.fail(error)
      }
    })
  }
}

function checked(headers: RequestInit['headers']): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers))
  } catch {
    // Not a cause of ours: it shows the value, which may be the key.
    throw new ChatStreamError('protocol', 'The provider was not asked: a header holds what HTTP does not allow.')
  }
}

function method(asked = 'GET'): Dispatcher.HttpMethod {
  if (asked === 'GET' || asked === 'POST') return asked
  throw new TypeError(`Expected the method to be GET or POST, got ${asked}.`)
}
