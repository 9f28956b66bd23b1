import { ChatStreamError } from '../errors.ts'
import { isObject, parseJson, stringOr, type JsonObject } from '../json.ts'
import { readSluiceRequest, type SluiceRequest } from '../run/wire.ts'
import type { ChatRequest } from './source.ts'

/** A start, as its body asks for it. */
export interface StartRequest {
  /** The OpenAI body, `sluice` taken out. */
  readonly request: ChatRequest
  readonly sluice: SluiceRequest
  /** Whether the answer is wanted as an event stream, or gathered into one object. */
  readonly stream: boolean
  /** Whether the viewer asked for the provider's usage chunk. */
  readonly wantsUsage: boolean
}

/** Reads the text of a start's body. Throws `invalid_request`. */
export function parseStart(text: string): StartRequest {
  const body = parseJson(text)
  if (body === undefined) throw invalid('Expected the request body to be JSON; it could not be parsed.')
  return readStart(body)
}

/** Reads a start's body that was parsed already. Throws `invalid_request`. */
export function readStart(body: unknown): StartRequest {
  if (!isObject(body)) throw invalid('Expected the request body to be a JSON object.')
  const { sluice, ...request } = body
  if (!isChatRequest(request)) {
    throw invalid(
      'Expected `model` to be a string that is not empty, and `messages` an array with at least one object.',
    )
  }
  const { n, stream, stream_options: streamOptions } = body
  if (n !== undefined && n !== null && n !== 1) throw invalid('Expected `n` to be 1: a run is one answer.')
  return {
    request,
    sluice: readSluiceRequest(sluice),
    stream: stream === true,
    wantsUsage: isObject(streamOptions) && streamOptions['include_usage'] === true,
  }
}

function isChatRequest(request: JsonObject): request is ChatRequest {
  const { model, messages } = request
  return (
    stringOr(model, '') !== '' && Array.isArray(messages) && messages.length > 0 && messages.every((m) => isObject(m))
  )
}

/** The messages after the last assistant one: whose question a run answers. */
export function questionOf({ messages }: ChatRequest): readonly unknown[] {
  const last = messages.findLastIndex((message) => isObject(message) && message['role'] === 'assistant')
  return messages.slice(last + 1)
}

/** A digest of a request: SHA-256 in hexadecimal. */
export async function fingerprintOf(start: StartRequest): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(start)))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function invalid(message: string): ChatStreamError {
  return new ChatStreamError('invalid_request', message)
}
