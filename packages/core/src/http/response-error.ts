import {
  ChatStreamError,
  isChatStreamErrorCode,
  type ChatStreamErrorCode,
  type ChatStreamErrorFacts,
} from '../errors.ts'
import { isObject, parseJson, type JsonObject } from '../json.ts'
import { systemClock, type Clock } from '../clock.ts'
import type { FetchResponse } from './fetch-response.ts'
import type { PeerName } from './send.ts'

const CODE_OF_STATUS: Readonly<Record<number, ChatStreamErrorCode>> = {
  400: 'invalid_request',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not_found',
  413: 'invalid_request',
  415: 'invalid_request',
  422: 'invalid_request',
  429: 'rate_limited',
}

/** The code that an HTTP status alone stands for. */
export function codeOfStatus(status: number): ChatStreamErrorCode {
  return CODE_OF_STATUS[status] ?? 'http'
}

/**
 * What an answer outside 2xx means. Reads at most 64 KB of the body and for at most 1 s, for the status says most of it;
 * quotes it only if the server is ours.
 */
export async function responseError(
  response: FetchResponse,
  peer: PeerName,
  clock: Clock = systemClock,
): Promise<ChatStreamError> {
  const { status } = response
  const body = parseJson(await readSome(response, clock))
  const told: JsonObject = isObject(body) && isObject(body['error']) ? body['error'] : {}
  const code = peer === 'The server' && isChatStreamErrorCode(told['code']) ? told['code'] : codeOfStatus(status)
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'))
  const { providerCode, providerType } = providerWords(told)
  // 0 is what a browser makes of a redirect that is not followed.
  const isRedirect = status === 0 || (status >= 300 && status < 400)
  const came = isRedirect ? 'with a redirect, which is not followed' : `status ${status}`
  const message =
    peer === 'The server' && typeof told['message'] === 'string'
      ? told['message']
      : `${peer} answered ${came}${providerCode === undefined ? '' : ` (${providerCode})`}; expected an event stream.`
  return new ChatStreamError(code, message, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(providerCode !== undefined && providerCode !== code && { providerCode }),
    ...(providerType !== undefined && { providerType }),
  })
}

/** What a provider's error object calls itself. */
export function providerWords({ code, type }: JsonObject): Pick<ChatStreamErrorFacts, 'providerCode' | 'providerType'> {
  const providerCode = plainWord(code)
  const providerType = plainWord(type)
  return { ...(providerCode !== undefined && { providerCode }), ...(providerType !== undefined && { providerType }) }
}

/** A provider's own word, or number, if it is one: anything longer or stranger may hold a secret. */
export function plainWord(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value)
  // The keys of most providers are plain words, too, and begin so.
  return typeof value === 'string' && /^(?!sk-)[\w.-]{1,64}$/.test(value) ? value : undefined
}

/** `Retry-After` in ms, from its seconds or its date (RFC 9110, section 10.2.3). */
export function readRetryAfter(value: string | null, now: number = Date.now()): number | undefined {
  if (value === null) return undefined
  // Fractions are not in the RFC, but are sent; `Date.parse` would take them for a day of the year 2001.
  if (/^\s*\d{1,15}(\.\d+)?\s*$/.test(value)) return Number(value) * 1000
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const MAX_ERROR_BODY_BYTES = 64 * 1024
const MAX_ERROR_BODY_MS = 1_000

async function readSome(response: FetchResponse, clock: Clock): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const close = (): void => void reader.cancel().catch(() => {}) // a read that waits is done then
  const stop = clock.after(MAX_ERROR_BODY_MS, close)
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (let bytes = 0; bytes < MAX_ERROR_BODY_BYTES;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.byteLength
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // A body that breaks off changes nothing of what the status said.
  } finally {
    stop()
    close()
  }
  return text
}
