import { ChatStreamError, toChatStreamError } from '../errors.ts'
import type { FetchResponse } from './fetch-response.ts'

/** The subset of `fetch` that Sluice calls: a URL string, and an init with a signal. */
export type Fetch = (url: string, init: RequestInit) => Promise<FetchResponse>

/** Who answers, for messages to people. */
export type PeerName = 'The provider' | 'The server'

/**
 * `fetch`, whose failures are `network` errors, unless it throws a `ChatStreamError` of its own; headers that cannot be
 * sent are a `protocol` one. A redirect is not followed: it would take the key elsewhere.
 */
export async function send(fetch: Fetch, url: string, init: RequestInit, peer: PeerName): Promise<FetchResponse> {
  if (!areHeaders(init.headers)) {
    // Not a cause of `fetch`: that one shows the value, which may be the key.
    const message = `${peer} was not asked: the key or a header holds a character that HTTP does not allow.`
    throw new ChatStreamError('protocol', message)
  }
  if (/^[^/?#]*\/\/[^/?#]*@/.test(url)) {
    // Nor is this left to `fetch`, which refuses such an address and quotes it, the password included.
    const message = `${peer} was not asked: its address holds a user name or a password. Pass a key as \`apiKey\`.`
    throw new ChatStreamError('invalid_request', message)
  }
  try {
    return await fetch(url, { redirect: 'manual', ...init })
  } catch (error) {
    throw toChatStreamError(error, 'network', `${peer} could not be reached. Check the address and the network.`)
  }
}

function areHeaders(init: RequestInit['headers']): boolean {
  try {
    return new Headers(init) instanceof Headers
  } catch {
    return false
  }
}

/** A request body as JSON text. Throws `invalid_request` for what JSON cannot write: a cycle, a BigInt. */
export function encodeBody(body: unknown): string {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    throw new ChatStreamError('invalid_request', 'Expected messages and body to be JSON values.', { cause })
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

/** Headers by names in lower case, so that one of a user takes the place of ours however it is written. */
export function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
