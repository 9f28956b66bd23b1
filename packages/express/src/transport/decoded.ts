import { pipeline, type Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { ChatStreamError, type ByteReader, type ByteStream } from '@sluice/core'
import { pieces } from './answer.ts'

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** The bytes behind a `Content-Encoding`. Throws `protocol` for one that is not known. */
export function decoded(body: ByteStream, encoding: string | null): ByteStream {
  if (encoding === null || /^\s*(identity)?\s*$/i.test(encoding)) return body
  const decoder = DECODERS[encoding.trim().toLowerCase()]
  if (decoder === undefined) {
    throw new ChatStreamError('protocol', 'The provider compressed its answer in a way that was not asked for.')
  }
  return new DecodedBody(body, decoder())
}

class DecodedBody implements ByteStream, ByteReader {
  readonly #body: ByteStream
  readonly #decoder: Duplex
  readonly #pieces: AsyncIterator<Uint8Array>

  constructor(body: ByteStream, decoder: Duplex) {
    this.#body = body
    this.#decoder = decoder
    this.#pieces = decoder.iterator()
    pipeline(pieces(body), decoder, () => {}) // who reads is told by the decoder
  }

  getReader(): this {
    return this
  }

  async read(): ReturnType<ByteReader['read']> {
    const { done, value } = await this.#pieces.next()
    return done === true ? { done } : { done: false, value }
  }

  async cancel(): Promise<void> {
    this.#decoder.destroy()
    await this.#body.cancel()
  }
}
