/** What a body can do with the socket that it comes from. */
export interface BodySocket {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** Most bytes held for a reader that is slow; then the socket is no longer read. */
const HELD_BYTES = 64 * 1024
/** How long, and for how many bytes, an answer that nobody reads on may take to end, so that its socket can be used again. */
const LINGER_MS = 100
const LINGER_BYTES = 16 * 1024

/**
 * What a socket brings, as the source of a `ReadableStream` with a high-water mark of 0, at the reader's pace. A class, not
 * closures, for there is one for every open stream.
 */
export class Body implements UnderlyingDefaultSource<Uint8Array> {
  readonly #socket: BodySocket
  readonly #onLeave: () => void
  /** Set while somebody waits for bytes. */
  #waiting: ReadableStreamDefaultController<Uint8Array> | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** What comes behind the last byte. */
  #finish: ((sink: ReadableStreamDefaultController<Uint8Array>) => void) | undefined
  #linger: Linger | undefined

  /** @param onLeave called when the reader leaves before the end */
  constructor(socket: BodySocket, onLeave: () => void) {
    this.#socket = socket
    this.#onLeave = onLeave
  }

  write(piece: Uint8Array): void {
    if (this.#linger !== undefined) return this.#linger.count(piece.byteLength)
    this.#held.push(piece)
    this.#heldBytes += piece.byteLength
    if (this.#heldBytes >= HELD_BYTES) this.#socket.pause()
    // One read of the socket brings many pieces, and each that is handed on by itself costs the whole way to the viewers.
    if (this.#waiting !== undefined && this.#held.length === 1) queueMicrotask(() => this.#hand())
  }

  end(): void {
    this.#end((sink) => sink.close())
  }

  /** What came before is still read, then the error. */
  fail(error: unknown): void {
    this.#end((sink) => sink.error(error))
  }

  /** The error is all that is read. */
  abort(error: unknown): void {
    this.#held = []
    this.fail(error)
  }

  pull(sink: ReadableStreamDefaultController<Uint8Array>): void {
    this.#waiting = sink
    this.#hand()
  }

  cancel(): void {
    this.#waiting = undefined
    this.#held = []
    this.#onLeave()
    if (this.#finish === undefined) this.#linger = new Linger(this.#socket)
  }

  #hand(): void {
    const sink = this.#waiting
    if (sink === undefined) return
    const held = this.#held
    if (held.length > 0) {
      this.#waiting = undefined
      sink.enqueue(held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held, this.#heldBytes))
      this.#held = []
      this.#heldBytes = 0
      this.#socket.resume()
    } else if (this.#finish !== undefined) {
      this.#waiting = undefined
      this.#finish(sink)
    }
  }

  #end(how: (sink: ReadableStreamDefaultController<Uint8Array>) => void): void {
    this.#finish = how
    this.#linger?.stop()
    this.#hand()
  }
}

/** The end of an answer that nobody reads any more. */
class Linger {
  readonly #socket: BodySocket
  readonly #patience: NodeJS.Timeout
  #allowance = LINGER_BYTES

  constructor(socket: BodySocket) {
    this.#socket = socket
    this.#patience = setTimeout(() => this.#close(), LINGER_MS)
    socket.resume()
  }

  count(bytes: number): void {
    this.#allowance -= bytes
    if (this.#allowance < 0) this.#close()
  }

  stop(): void {
    clearTimeout(this.#patience)
  }

  #close(): void {
    this.#socket.abort(new Error('Nobody reads the answer any more.'))
  }
}
