import { withDefaults, type Given } from '../defaults.ts'
import type { Fetch } from '../http/send.ts'
import type { SluiceRequest } from '../run/wire.ts'

/** A message as OpenAI's API takes it. Everything passes as it is. */
export interface RequestMessage {
  readonly role: string
  readonly content?: unknown
  readonly [other: string]: unknown
}

/** All in ms. The defaults suit a slow reasoning model behind a slow proxy. */
export interface Timeouts {
  /** Until the head of the answer; begins anew with each retry. Default 60,000. */
  readonly connectMs: number
  /** From the head to the first chunk. Default 150,000. */
  readonly firstChunkMs: number
  /** Without a single byte; comments count as life. Default 60,000 at a provider, 40,000 at a Sluice server. */
  readonly idleMs: number
  /** From `cancel()` until the run ends without a confirmation. Default 5,000. */
  readonly cancelMs: number
  /** Of the whole run while the machine is awake, whatever comes. Default 1,800,000, and 3,600,000 at a Sluice server, which has a limit of its own. */
  readonly totalMs: number
}

interface StreamChatCommon {
  readonly model: string
  readonly messages: readonly RequestMessage[]
  /** More fields of the request body, e.g. `temperature`. `stream` is always true. */
  readonly body?: Readonly<Record<string, unknown>> & { readonly sluice?: SluiceRequest }
  readonly headers?: Readonly<Record<string, string>>
  /** Cancels the run when it aborts, as `cancel(signal.reason)` does. */
  readonly signal?: AbortSignal
  /** Default `globalThis.fetch`. */
  readonly fetch?: Fetch
  /**
   * A UUID. Default a fresh one. At a Sluice server a second start with the same id attaches to the same run. A refusal
   * spends the id: the retry takes a fresh one, see `ChatRun.id`.
   */
  readonly runId?: string
  readonly timeouts?: Given<Timeouts>
  /**
   * How often a start that was refused with 408, 429 or 5xx is sent again, if no second bill can arise: never once an
   * answer began, nor after an error between a server and its provider. Waits as long as `Retry-After` asks, without it
   * some 500 ms, doubling; where it asks for more than 30 s, the run fails at once, with `retryAfterMs`. Default 2.
   *
   * Not counted is what cannot cost twice: a start at a Sluice server whose connection broke is sent again, with the
   * same id, until `connectMs` have passed.
   */
  readonly maxRetries?: number
}

/** Straight to an OpenAI-compatible provider: cancelling closes its socket; a lost connection ends the run. */
export interface ProviderRunOptions extends StreamChatCommon {
  /** E.g. `https://api.ohmygpt.com/v1`. */
  readonly baseURL: string
  readonly api?: never
  readonly apiKey?: string | undefined
  /** Who answers, for `outcome.cancellation.billing`, where no chunk names it. Default: what the base URL tells. */
  readonly provider?: string
}

/** To a Sluice server: a lost connection rejoins; cancelling is asked for and confirmed. */
export interface ServerRunOptions extends StreamChatCommon {
  /** Where the server's middleware is mounted, e.g. `/v1`. */
  readonly api: string
  readonly baseURL?: never
  readonly apiKey?: never
}

export type StreamChatOptions = ProviderRunOptions | ServerRunOptions

const DEFAULT_TIMEOUTS = { connectMs: 60_000, firstChunkMs: 150_000, cancelMs: 5_000 }

/** Idle at a Sluice server: its heartbeat comes every 15 s, so two may get lost. */
const PEER_TIMEOUTS = {
  provider: { idleMs: 60_000, totalMs: 1_800_000 },
  server: { idleMs: 40_000, totalMs: 3_600_000 },
}

/** The default of `maxRetries`. */
export const MAX_RETRIES = 2

/** @throws {TypeError} for a timeout that is no number of at least 0 */
export function resolveTimeouts(peer: 'provider' | 'server', given?: Given<Timeouts>): Timeouts {
  return withDefaults('timeouts', { ...DEFAULT_TIMEOUTS, ...PEER_TIMEOUTS[peer] }, given)
}
