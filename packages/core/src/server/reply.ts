import { ChatStreamError, ERROR_STATUS } from '../errors.ts'
import { codeOfStatus } from '../http/response-error.ts'
import { isObject, stringOr } from '../json.ts'
import { openAIError } from '../run/end.ts'
import type { Viewer } from './viewer.ts'

/** An answer as every web framework can give it. */
export type Reply =
  | { readonly type: 'json'; readonly status: number; readonly headers: ReplyHeaders; readonly body: unknown }
  | { readonly type: 'empty'; readonly status: number; readonly headers: ReplyHeaders }
  | { readonly type: 'events'; readonly status: 200; readonly headers: ReplyHeaders; readonly viewer: Viewer }

export type ReplyHeaders = Readonly<Record<string, string>>

export function jsonReply(body: unknown, status = 200): Reply {
  return { type: 'json', status, headers: { 'cache-control': 'no-store' }, body }
}

/** What a caller may know of an error: ours as it is, a framework's by its status, and of all others only that. */
export function publicError(error: unknown): ChatStreamError {
  if (error instanceof ChatStreamError) return error
  const status = isObject(error) ? (error['status'] ?? error['statusCode']) : undefined
  if (typeof status !== 'number' || status < 400 || status > 599) {
    return new ChatStreamError('protocol', 'The server failed to answer.', { status: 500 })
  }
  const exposed = isObject(error) && (error['expose'] === true || status < 500)
  const message = exposed && isObject(error) ? stringOr(error['message'], 'Refused.') : 'The server refused to answer.'
  return new ChatStreamError(codeOfStatus(status), message, { status })
}

export function errorReply(error: ChatStreamError, headers: ReplyHeaders = {}): Reply {
  const status = error.status !== undefined && error.status >= 400 ? error.status : ERROR_STATUS[error.code]
  const wait = error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) }
  const body = openAIError(error, status)
  return { type: 'json', status, headers: { 'cache-control': 'no-store', ...wait, ...headers }, body }
}
