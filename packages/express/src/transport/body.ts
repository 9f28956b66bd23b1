import type { ByteRead, ByteReader, ByteStream } from '@sluice/core'

/** What a body can do with the socket that it comes from. */
export interface BodySocket {
  pause(): void
  resume(): void
  abort(reason: Error): void
}

export interface BodyOwner {
  /** The reader has left, if only after the end. */
  onLeave(): void
}

/** Most bytes held for a reader that is slow; then the socket is no longer read. */
const HELD_BYTES = 64 * 1024
/** How long, and for how many bytes, an answer that nobody reads on may take to end, so that its socket can be used again. */
const LINGER_MS = 100
const LINGER_BYTES = 16 * 1024

const DONE: ByteRead = { done: true }

/**
 * What a socket brings, at the pace of its one reader, which reads one piece after another. Not a `ReadableStream`, and a
 * class, not closures, for there is one for every open stream.
 */
export class Body implements ByteStream, ByteReader {
  readonly #socket: BodySocket
  readonly #owner: BodyOwner
  /** Set while somebody waits for bytes. */
  #give: ((read: ByteRead | Promise<ByteRead>) => void) | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  /** What is read behind the last byte. */
  #last: (() => Promise<ByteRead>) | undefined
  #linger: Linger | undefined

  constructor(socket: BodySocket, owner: BodyOwner) {
    this.#socket = socket
    this.#owner = owner
  }

  write(piece: Uint8Array): void {
    if (this.#linger !== undefined) return this.#linger.count(piece.byteLength)
    this.#held.push(piece)
    this.#heldBytes += piece.byteLength
    if (this.#heldBytes >= HELD_BYTES) this.#socket.pause()
    // One read of the socket brings many pieces, and each that is handed on by itself costs the whole way to the viewers.
    if (this.#give !== undefined && this.#held.length === 1) queueMicrotask(() => this.#hand())
  }

  end(): void {
    this.#end(async () => DONE)
  }

  /** What came before is still read, then the error. */
  fail(error: unknown): void {
    this.#end(async () => {
      throw error
    })
  }

  /** The error is all that is read. */
  abort(error: unknown): void {
    this.#held = []
    this.fail(error)
  }

  getReader(): this {
    return this
  }

  read(): Promise<ByteRead> {
    return new Promise((resolve) => {
      this.#give = resolve
      this.#hand()
    })
  }

  async cancel(): Promise<void> {
    this.#held = []
    this.#owner.onLeave()
    if (this.#last !== undefined) return
    this.#linger = new Linger(this.#socket)
    this.#last = async () => DONE
    this.#hand()
  }

  #hand(): void {
    const give = this.#give
    if (give === undefined) return
    const held = this.#held
    if (held.length > 0) {
      const value = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held, this.#heldBytes)
      this.#give = undefined
      this.#held = []
      this.#heldBytes = 0
      give({ done: false, value })
      this.#socket.resume()
    } else if (this.#last !== undefined) {
      this.#give = undefined
      give(this.#last())
    }
  }

  #end(last: () => Promise<ByteRead>): void {
    this.#last ??= last
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
