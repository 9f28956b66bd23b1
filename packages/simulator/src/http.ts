import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OpenAIError } from './wire.ts'

/** The largest request body, in bytes. A larger one is read to its end, thrown away and answered with 413. */
export const BODY_BYTES: number = 16 * 1024 * 1024

/** A request that is answered with an error instead of a completion. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  readonly error: OpenAIError
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, error: OpenAIError, headers: Readonly<Record<string, string>> = {}) {
    super(error.message)
    this.status = status
    this.error = error
    this.headers = headers
  }
}

export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  })
  res.end(text)
}

/** Answers with OpenAI's error body; after the head is out, only the socket can still tell that something broke. */
export function sendError(res: ServerResponse, { status, error, headers }: RequestError): void {
  if (res.headersSent) res.destroy()
  else sendJson(res, status, { error }, headers)
}

/**
 * Reads a JSON request's text.
 *
 * @throws {RequestError} 415 unless the content type is `application/json`; 413 over `BODY_BYTES`.
 */
export async function readJsonText(req: IncomingMessage): Promise<string> {
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new RequestError(415, {
      message: `Expected content type application/json, got ${type ?? 'none'}.`,
      type: 'invalid_request_error',
      param: null,
      code: 'unsupported_media_type',
    })
  }
  const pieces: Uint8Array[] = []
  let size = 0
  // Read to the end even when it is too much: a client that is still uploading would not see the answer.
  const source: AsyncIterable<Uint8Array> = req
  for await (const piece of source) {
    size += piece.byteLength
    if (size <= BODY_BYTES) pieces.push(piece)
  }
  if (size > BODY_BYTES) {
    throw new RequestError(413, {
      message: `The body has ${size} bytes; at most ${BODY_BYTES} are accepted.`,
      type: 'invalid_request_error',
      param: null,
      code: 'request_too_large',
    })
  }
  return Buffer.concat(pieces).toString('utf8')
}
