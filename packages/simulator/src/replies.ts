import type { ServerResponse } from 'node:http'
import { SIMULATED_SECRET } from './errors.ts'
import type { Reply } from './scenario.ts'

type Body = Omit<Reply, 'description'>

export const WEB_PAGE: Body = {
  kind: 'reply',
  status: 200,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: `<!doctype html><title>Welcome</title><p>Please sign in. ${SIMULATED_SECRET}</p>\n`,
  ends: true,
}

export const REDIRECT: Body = {
  kind: 'reply',
  status: 307,
  headers: { Location: '/v1/moved' },
  body: '',
  ends: true,
}

export const OVERLOADED: Body = {
  kind: 'reply',
  status: 503,
  headers: { 'Content-Type': 'application/json' },
  body: `{"error":{"message":"The backend for ${SIMULATED_SECRET} is overloaded`,
  ends: false,
}

export function sendReply(res: ServerResponse, { status, headers, body, ends }: Reply): void {
  res.writeHead(status, headers)
  if (ends) res.end(body)
  else res.write(body)
}
