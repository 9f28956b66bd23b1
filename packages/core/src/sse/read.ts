import { createSseParser } from './parser.ts'
import { openSource, type SourcePiece, type SourceReader, type SseSource } from './source.ts'
import type { SseEvent, SseParser, SseParserOptions } from './types.ts'

/** What {@link parseSse} takes: the parser's options, save that the events come from the iteration. */
export interface ParseSseOptions extends Omit<SseParserOptions, 'onEvent'> {
  /**
   * Gives the last event also when the stream ends without the blank line behind it, instead of dropping it.
   *
   * @defaultValue false
   */
  readonly flush?: boolean | undefined
}

/**
 * Iterates the events of a source, once, reading on only when an event is asked for that has not come yet.
 *
 * `return()`, and so `break` in a loop, cancels the source at once, also while a `next()` waits for a stalled one: that
 * `next()` resolves as done. A failure of the source to be cancelled is ignored. `next()` rejects, after the events that
 * came before, with the source's error, with what a callback threw, or with the `ParseError` of an overflow; the last
 * two cancel the source. Afterwards it resolves as done. A stream's lock is released at every end.
 *
 * @throws {TypeError} when the stream is locked.
 */
export function parseSse(source: SseSource, options: ParseSseOptions = {}): AsyncIterableIterator<SseEvent, undefined> {
  return new EventIterator(openSource(source), options)
}

// Not an async generator: those queue `return()` behind a pending `next()`, which a stalled source never settles.
class EventIterator implements AsyncIterableIterator<SseEvent, undefined> {
  readonly #reader: SourceReader
  readonly #parser: SseParser
  readonly #flush: boolean
  #events: SseEvent[] = []
  #given = 0
  #isOver = false
  #failure: { readonly error: unknown } | undefined
  #waiting = 0
  #lastWaiting: Promise<unknown> = Promise.resolve()

  constructor(reader: SourceReader, { flush = false, onError, ...options }: ParseSseOptions) {
    this.#reader = reader
    this.#flush = flush
    this.#parser = createSseParser({
      ...options,
      onEvent: (event) => this.#events.push(event),
      onError(error) {
        onError?.(error)
        if (error.type === 'max-buffer-size-exceeded') throw error
      },
    })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<SseEvent, undefined>> {
    const isFirst = this.#waiting === 0
    if (isFirst && this.#given < this.#events.length) return Promise.resolve(this.#give())
    this.#waiting++
    const take = (): Promise<IteratorResult<SseEvent, undefined>> => this.#take()
    const result = isFirst ? take() : this.#lastWaiting.then(take, take)
    this.#lastWaiting = result
    return result
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#events = []
    this.#given = 0
    this.#failure = undefined
    if (!this.#isOver) await this.#cancel()
    return { done: true, value: undefined }
  }

  async #take(): Promise<IteratorResult<SseEvent, undefined>> {
    try {
      while (this.#given === this.#events.length && !this.#isOver) this.#parse(await this.#reader.read())
    } catch (error) {
      // The source's: what a callback throws, `#parse` keeps.
      if (!this.#isOver) {
        this.#failure = { error }
        this.#release()
      }
    } finally {
      this.#waiting--
    }
    return this.#give()
  }

  #give(): IteratorResult<SseEvent, undefined> {
    const value = this.#events[this.#given]
    if (value !== undefined) {
      this.#given++
      return { done: false, value }
    }
    const failure = this.#failure
    this.#failure = undefined
    if (failure) throw failure.error
    return { done: true, value: undefined }
  }

  #parse(piece: SourcePiece): void {
    if (this.#isOver) return
    this.#events = []
    this.#given = 0
    try {
      if (!piece.done) return this.#parser.feed(piece.value)
      this.#release()
      this.#parser.reset({ flush: this.#flush })
    } catch (error) {
      this.#failure = { error }
      if (!this.#isOver) void this.#cancel()
    }
  }

  #release(): void {
    this.#isOver = true
    this.#reader.release()
  }

  async #cancel(): Promise<void> {
    this.#isOver = true
    try {
      await this.#reader.cancel()
    } catch {
      // Nobody reads any more, so nobody can be told.
    }
  }
}
