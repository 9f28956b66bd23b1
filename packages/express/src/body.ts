import type { Request } from 'express'
import { ChatStreamError } from '@sluice/core'
import { bodyTooLarge } from '@sluice/core/server'

/**
 * The body of a request: what a parser before us made of it, or its text. Throws `invalid_request`, with status 413
 * beyond `maxBytes`, and 400 if the client breaks off.
 */
export async function readBody(
  req: Request,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly parsed: unknown }> {
  // Express 4's parsers leave `{}` behind when they did not read the body, so only its end proves that they did.
  if (req.readableEnded) return parsedBody(req.body)
  if (Number(req.get('content-length') ?? 0) > maxBytes) throw bodyTooLarge(maxBytes)
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of req.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(piece)) break
      bytes += piece.byteLength
      if (bytes > maxBytes) throw bodyTooLarge(maxBytes)
      pieces.push(piece)
    }
  } catch (cause) {
    if (cause instanceof ChatStreamError) throw cause
    throw new ChatStreamError('invalid_request', 'The request broke off before its body had come.', { cause })
  }
  return { text: Buffer.concat(pieces).toString('utf8') }
}

function parsedBody(body: unknown): { readonly text: string } | { readonly parsed: unknown } {
  if (typeof body === 'string') return { text: body }
  if (Buffer.isBuffer(body)) return { text: body.toString('utf8') }
  return { parsed: body }
}
