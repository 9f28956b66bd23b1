import type { ParseError } from './parse-error.ts'

/** One dispatched event. What its block did not set is `undefined`. */
export interface SseEvent {
  /** The `id` of this very block, not the last event ID of the stream. */
  readonly id?: string | undefined
  /** The event type; `undefined` stands for the specification's default, `message`. */
  readonly event?: string | undefined
  /** The block's `data` lines, joined by LF. May be empty. */
  readonly data: string
}

/**
 * What the parser calls, each during `feed` or `reset` and in stream order.
 *
 * An error thrown by a callback comes out of that `feed`. It costs nothing but the event (or id, comment, error …) it was
 * called for: the text behind it is kept, and parsed by the next `feed`, which may be `feed('')`.
 */
export interface SseParserCallbacks {
  /** Called for every event that has data. */
  readonly onEvent?: ((event: SseEvent) => void) | undefined
  /**
   * Called once for every block that has an `id`, before its event and also when it has no data. An empty string clears
   * the last event ID. An id with a NUL is ignored, as the specification says.
   */
  readonly onId?: ((id: string) => void) | undefined
  /** Called for every valid `retry` field, in ms. */
  readonly onRetry?: ((retry: number) => void) | undefined
  /** Called for every comment line, without its colon and one space behind it. */
  readonly onComment?: ((comment: string) => void) | undefined
  /** Called for every invalid `retry` and every unknown field, once its line is complete, and for an overflow. */
  readonly onError?: ((error: ParseError) => void) | undefined
}

/** What {@link createSseParser} takes. */
export interface SseParserOptions extends SseParserCallbacks {
  /**
   * Bounds what is held of one event, in UTF-16 code units: its id, type and data and the line being received. What
   * exceeds it is refused however it is cut, also when it arrives whole: `onError` is called once with
   * `max-buffer-size-exceeded`, what was held is dropped, and `feed` throws until `reset`.
   *
   * Of each line 6 units, its field name, are not counted, and 3 are set aside for the bytes of a character that was cut
   * in two, so data of up to `maxBufferSize - 3` units passes. An unknown field never overflows: it is skipped, and
   * not reported when it is longer than this. Text kept because a callback threw is not counted.
   *
   * @defaultValue unbounded
   */
  readonly maxBufferSize?: number | undefined
}

/** What is to become of an unfinished line and event when the stream is over. */
export interface SseResetOptions {
  /**
   * Parses the unfinished line as if it had ended, so that a `retry`, a comment or an error in it is reported; an event
   * is still dropped. A line that cannot become a field is not reported.
   *
   * @defaultValue false
   */
  readonly consume?: boolean | undefined
  /**
   * Dispatches the unfinished event as if a blank line followed, and so does all that `consume` does. The specification
   * drops it, because it may be cut anywhere.
   *
   * @defaultValue false
   */
  readonly flush?: boolean | undefined
}

/** A push parser: bytes or text in, callbacks out. Its methods need no `this`. */
export interface SseParser {
  /**
   * Parses the next piece of the stream, cut anywhere: inside a character, between CR and LF. Bytes are decoded as UTF-8
   * and need not stay unchanged after the call. Called from a callback, it parses after what is being parsed.
   *
   * @throws {Error} after an overflow of `maxBufferSize`, until `reset`; and what a callback throws.
   */
  readonly feed: (input: string | Uint8Array) => void
  /** Forgets the stream, ready for a new one. From a callback it also drops the rest of what is being parsed. */
  readonly reset: (options?: SseResetOptions) => void
  /** Whether an event with data has begun and not ended, so that `reset({ flush: true })` would dispatch it. */
  readonly unfinished: boolean
}
