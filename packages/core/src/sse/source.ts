/** What an event stream can be read from: a response's body, or any async iterable of its pieces. */
export type SseSource = ReadableStream<Uint8Array> | AsyncIterable<string | Uint8Array>

/** A piece of a source, or its end. */
export type SourcePiece = IteratorResult<string | Uint8Array, unknown>

/** The one reader of a source. */
export interface SourceReader {
  /** Resolves with the next piece; as done at the end and, at once, when `cancel` is called. Rejects as the source does. */
  readonly read: () => Promise<SourcePiece>
  /** Tells the source at once that nobody reads any more. Resolves when it is done with that; rejects as it does. */
  readonly cancel: () => Promise<void>
  /** Lets go of a source that is over. */
  readonly release: () => void
}

export function openSource(source: SseSource): SourceReader {
  return 'getReader' in source ? openStream(source) : openIterable(source)
}

function openStream(source: ReadableStream<Uint8Array>): SourceReader {
  const reader = source.getReader()
  return {
    read: () => reader.read(),
    async cancel() {
      const cancelled = reader.cancel()
      reader.releaseLock()
      await cancelled
    },
    release: () => reader.releaseLock(),
  }
}

function openIterable(source: AsyncIterable<string | Uint8Array>): SourceReader {
  const iterator = source[Symbol.asyncIterator]()
  let wake: (() => void) | undefined

  return {
    // Not a race against one promise for the cancel: that would gather a reaction for every piece.
    read: () =>
      new Promise((resolve, reject) => {
        wake = () => resolve({ done: true, value: undefined })
        const settle = (piece: SourcePiece): void => {
          wake = undefined
          resolve(piece)
        }
        iterator.next().then(settle, reject)
      }),
    async cancel() {
      const returned = iterator.return?.()
      // An async generator queues its return behind a pending next, which may never come: then it is not waited for.
      if (wake === undefined) await returned
      else returned?.catch(() => {})
      wake?.()
    },
    release() {},
  }
}
