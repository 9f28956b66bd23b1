import type { ChatStreamError, ChatStreamErrorCode } from '../errors.ts'
import { backoffMs } from './rejoin.ts'

/** The longest wait before another try, in ms. Whoever is to start later learns it at once, from `retryAfterMs`. */
export const MAX_WAIT_MS = 30_000

/** The codes by which nobody generates, and bills: an error on the way to the provider may be one behind a generation. */
const HARMLESS: ReadonlySet<ChatStreamErrorCode> = new Set(['http', 'rate_limited', 'server_shutdown'])

/**
 * How long to wait before a refused start is sent again, in ms, or `undefined` if it must not be: only an answered 408,
 * 429 or 5xx leaves no second bill.
 *
 * @param retry the number of that retry, from 1
 */
export function retryWaitMs(error: ChatStreamError, retry: number, maxRetries: number): number | undefined {
  const { code, status = 0, retryAfterMs = backoffMs(retry + 1) } = error
  const isPassing = status === 408 || status === 429 || status >= 500
  if (!(retry <= maxRetries) || !isPassing || !HARMLESS.has(code) || retryAfterMs > MAX_WAIT_MS) return undefined
  return retryAfterMs
}
