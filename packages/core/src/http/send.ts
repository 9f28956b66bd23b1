import { ChatStreamError } from '../errors.ts'

/** The subset of `fetch` that Sluice calls: a URL string, and an init with a signal. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** Who answers, for messages to people. */
export type PeerName = 'The provider' | 'The server'

/** `fetch`, whose failures are `network` errors. A redirect is not followed: it would take the key elsewhere. */
export async function send(fetch: Fetch, url: string, init: RequestInit, peer: PeerName): Promise<Response> {
  try {
    return await fetch(url, { redirect: 'manual', ...init })
  } catch (error) {
    throw new ChatStreamError('network', `${peer} could not be reached. Check the address and the network.`, {
      cause: error,
    })
  }
}

export function resolveFetch(given: Fetch | undefined): Fetch {
  // Called through the global object: a bare reference to a browser's `fetch` throws "Illegal invocation".
  return given ?? ((url, init) => globalThis.fetch(url, init))
}

/** `base` and `path` with exactly one slash between them. */
export function joinURL(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path}`
}
