/** Why the parser reported an error. Match on this, never on `message`. */
export type ParseErrorType = 'invalid-retry' | 'unknown-field' | 'max-buffer-size-exceeded'

/** What a {@link ParseError} is made from. */
export interface ParseErrorDetails {
  readonly type: ParseErrorType
  readonly field?: string
  readonly value?: string
  readonly line?: string
}

/**
 * Something in an event stream that is not as the specification has it.
 *
 * Of the three types only `max-buffer-size-exceeded` ends the parsing; the others concern one line, which is ignored.
 */
export class ParseError extends Error {
  override readonly name: string = 'ParseError'
  readonly type: ParseErrorType
  /** The field's name; only for `unknown-field`. */
  readonly field?: string | undefined
  /** The field's value; not for `max-buffer-size-exceeded`. */
  readonly value?: string | undefined
  /** The whole line without its terminator; not for `max-buffer-size-exceeded`. */
  readonly line?: string | undefined

  constructor(message: string, details: ParseErrorDetails) {
    super(message)
    this.type = details.type
    this.field = details.field
    this.value = details.value
    this.line = details.line
  }
}
