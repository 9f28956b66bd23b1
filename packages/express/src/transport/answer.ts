import { text } from 'node:stream/consumers'
import type { ByteStream, FetchResponse } from '@sluice/core'

/** Header fields as undici gives them, their names in lower case. */
export type RawHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** The head of an answer, and its body. */
export class Answer implements FetchResponse {
  readonly status: number
  readonly body: ByteStream | null
  readonly #headers: RawHeaders

  constructor(status: number, headers: RawHeaders, body: ByteStream | null) {
    this.status = status
    this.body = body
    this.#headers = headers
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get headers(): Pick<Headers, 'get'> {
    return { get: (name) => headerOf(this.#headers, name) }
  }

  async json(): Promise<unknown> {
    return JSON.parse(this.body === null ? '' : await text(pieces(this.body)))
  }
}

/** A field that came several times is one text, as HTTP has it. */
export function headerOf(headers: RawHeaders, name: string): string | null {
  const value = headers[name.toLowerCase()]
  return value === undefined ? null : [value].flat().join(', ')
}

/** The pieces of a body, to its end or until the iteration is left. */
export async function* pieces(body: ByteStream): AsyncGenerator<Uint8Array, void> {
  const reader = body.getReader()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
  } finally {
    void reader.cancel()
  }
}
