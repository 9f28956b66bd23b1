import { ChatStreamError } from '../errors.ts'

/** A request's body as text. Throws `invalid_request`: 413 beyond `maxBytes`, 400 if the client breaks off. */
export async function readBody(request: Request, maxBytes: number): Promise<{ readonly text: string }> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw bodyTooLarge(maxBytes)
  const reader = request.body?.getReader()
  if (reader === undefined) return { text: '' }
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new ChatStreamError('invalid_request', 'The request broke off before its body had come.', { cause })
    })
    if (done) return { text: text + decoder.decode() }
    bytes += value.byteLength
    if (bytes > maxBytes) {
      reader.cancel().catch(() => {}) // the answer does not depend on how the rest is dropped
      throw bodyTooLarge(maxBytes)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** The error of a body over the limit, for every framework's face. */
export function bodyTooLarge(maxBytes: number): ChatStreamError {
  return new ChatStreamError('invalid_request', `Expected a body of at most ${maxBytes} bytes.`, { status: 413 })
}
