/**
 * Why a run did not complete. Match on this, never on `message`.
 *
 * PROTOCOL.md lists each code with the HTTP status that carries it.
 */
export type ChatStreamErrorCode =
  | 'network'
  | 'timeout'
  | 'http'
  | 'unauthorized'
  | 'rate_limited'
  | 'invalid_request'
  | 'not_found'
  | 'protocol'
  | 'truncated'
  | 'provider'
  | 'limit'
  | 'run_cancelled'
  | 'run_conflict'
  | 'resume_gap'
  | 'producer_lost'
  | 'server_shutdown'

/**
 * The HTTP status of an answer that carries the code before the head, where no provider's own status is known.
 * PROTOCOL.md shows the same table; a test holds the two together.
 */
export const ERROR_STATUS: Readonly<Record<ChatStreamErrorCode, number>> = {
  network: 502,
  timeout: 504,
  http: 502,
  unauthorized: 401,
  rate_limited: 429,
  invalid_request: 400,
  not_found: 404,
  protocol: 502,
  truncated: 502,
  provider: 502,
  limit: 502,
  run_cancelled: 409,
  run_conflict: 409,
  resume_gap: 409,
  producer_lost: 502,
  server_shutdown: 503,
}

export function isChatStreamErrorCode(value: unknown): value is ChatStreamErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_STATUS, value)
}

/** A `ChatStreamError` as JSON: what a last chunk's `sluice.error` holds. */
export interface ChatStreamErrorFacts {
  readonly code: ChatStreamErrorCode
  readonly message: string
  /** HTTP status that the other end answered with, where there was one. */
  readonly status?: number
  /** How long the other end asked to wait before another try, in ms. */
  readonly retryAfterMs?: number
  /** The provider's own `error.code`, if it is a plain word (`/^[\w.-]{1,64}$/`). */
  readonly providerCode?: string
  /** The provider's own `error.type`, if it is a plain word. */
  readonly providerType?: string
}

export interface ChatStreamErrorOptions extends ErrorOptions, Omit<ChatStreamErrorFacts, 'code' | 'message'> {}

/**
 * The one error of Sluice. A cancelled run is an outcome, not an error; only a loop over a run that somebody *else*
 * stopped throws `run_cancelled`.
 *
 * `message` is for people: it says what happened and what was expected, and never holds a key or a provider's body.
 */
export class ChatStreamError extends Error implements ChatStreamErrorFacts {
  override readonly name = 'ChatStreamError'
  readonly code: ChatStreamErrorCode
  declare readonly status?: number
  declare readonly retryAfterMs?: number
  declare readonly providerCode?: string
  declare readonly providerType?: string

  constructor(code: ChatStreamErrorCode, message: string, options: ChatStreamErrorOptions = {}) {
    const { cause, ...facts } = options
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    Object.assign(this, facts)
  }

  /** Everything but `cause` and the stack, which may hold secrets. */
  toJSON(): ChatStreamErrorFacts {
    const { code, message, status, retryAfterMs, providerCode, providerType } = this
    return {
      code,
      message,
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(providerCode !== undefined && { providerCode }),
      ...(providerType !== undefined && { providerType }),
    }
  }
}

/** `error` itself if it is a `ChatStreamError`, else a new one of `code` with `error` as its cause. Never throws. */
export function toChatStreamError(error: unknown, code: ChatStreamErrorCode, message: string): ChatStreamError {
  return error instanceof ChatStreamError ? error : new ChatStreamError(code, message, { cause: error })
}
