import type { ParseError } from './parse-error.ts'
import { createSseParser } from './parser.ts'
import type { SseEvent, SseParserOptions } from './types.ts'

/** What {@link SseParserStream} takes: the parser's options, save that the events come out of the stream. */
export interface SseParserStreamOptions extends Omit<SseParserOptions, 'onEvent' | 'onError'> {
  /**
   * Called for every error; `'terminate'` errors the stream at the first one instead. An overflow of `maxBufferSize`
   * always errors the stream.
   */
  readonly onError?: 'terminate' | ((error: ParseError) => void) | undefined
  /**
   * Gives the last event also when the stream ends without the blank line behind it, instead of dropping it.
   *
   * @defaultValue false
   */
  readonly flush?: boolean | undefined
}

/**
 * A transform stream from bytes or text to events, for `pipeThrough`.
 *
 * Iterating over `parseSse` costs a fraction of this, which a transform stream's own queues take.
 */
export class SseParserStream extends TransformStream<string | Uint8Array, SseEvent> {
  constructor({ onError, flush = false, ...options }: SseParserStreamOptions = {}) {
    let enqueue: (event: SseEvent) => void
    const parser = createSseParser({
      ...options,
      onEvent: (event) => enqueue(event),
      onError(error) {
        if (typeof onError === 'function') onError(error)
        if (onError === 'terminate' || error.type === 'max-buffer-size-exceeded') throw error
      },
    })
    super({
      start(controller) {
        enqueue = (event) => controller.enqueue(event)
      },
      transform: (input) => parser.feed(input),
      flush: () => parser.reset({ flush }),
    })
  }
}
