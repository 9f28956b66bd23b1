import { ERROR_STATUS, type ChatStreamError } from '../errors.ts'
import { openAIError } from '../run/end.ts'
import type { Viewer } from './viewer.ts'

/** An answer as every web framework can give it. Whoever gives a viewer's events calls its `return()` when the client goes. */
export type Reply =
  | { readonly type: 'json'; readonly status: number; readonly headers: ReplyHeaders; readonly body: unknown }
  | { readonly type: 'empty'; readonly status: number; readonly headers: ReplyHeaders }
  | { readonly type: 'events'; readonly status: 200; readonly headers: ReplyHeaders; readonly viewer: Viewer }

export type ReplyHeaders = Readonly<Record<string, string>>

export function jsonReply(body: unknown, status = 200): Reply {
  return { type: 'json', status, headers: { 'cache-control': 'no-store' }, body }
}

export function errorReply(error: ChatStreamError, headers: ReplyHeaders = {}): Reply {
  const status = error.status !== undefined && error.status >= 400 ? error.status : ERROR_STATUS[error.code]
  const wait = error.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) }
  const body = openAIError(error, status)
  return { type: 'json', status, headers: { 'cache-control': 'no-store', ...wait, ...headers }, body }
}

/** The answer to a HEAD: the same, but for the body. */
export function withoutBody(reply: Reply): Reply {
  if (reply.type !== 'json') return reply
  return { type: 'empty', status: reply.status, headers: { 'content-type': 'application/json', ...reply.headers } }
}
