import { Writable, type Duplex } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { ChatStreamError } from '@sluice/core'

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** The bytes behind a `Content-Encoding`. Throws `protocol` for one that is not known. */
export function decoded(stream: ReadableStream<Uint8Array>, encoding: string | null): ReadableStream<Uint8Array> {
  if (encoding === null || /^\s*(identity)?\s*$/i.test(encoding)) return stream
  const decoder = DECODERS[encoding.trim().toLowerCase()]
  if (decoder === undefined) {
    throw new ChatStreamError('protocol', 'The provider compressed its answer in a way that was not asked for.')
  }
  return through(stream, decoder())
}

// Node's own adapters have types that do not meet those of the web's streams.
function through(stream: ReadableStream<Uint8Array>, decoder: Duplex): ReadableStream<Uint8Array> {
  stream.pipeTo(Writable.toWeb(decoder)).catch(() => {}) // who reads is told by the decoder
  const pieces = decoder.iterator()
  return new ReadableStream<Uint8Array>({
    async pull(sink) {
      const { done, value } = await pieces.next()
      if (done === true) sink.close()
      else sink.enqueue(value)
    },
    cancel: () => void decoder.destroy(),
  })
}
