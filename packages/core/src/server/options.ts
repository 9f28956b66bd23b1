import type { RunOutcome } from '../run/outcome.ts'
import type { Limits } from './limits.ts'
import type { DisconnectPolicy } from './presence.ts'
import type { ChatRequest, ChatSource } from './source.ts'
import type { RunStore } from './store.ts'

type Awaitable<T> = T | PromiseLike<T>

/** Whose run it is, and what was asked. */
export interface RunInfo {
  readonly runId: string
  readonly owner: string
  readonly thread: string | null
  readonly request: ChatRequest
}

export interface SettledInfo extends RunInfo {
  /** 1, or more where a machine died in an earlier call. Save by `runId`. */
  readonly attempt: number
}

export interface RunServerOptions {
  readonly source: ChatSource
  /** Default `memoryStore()`: one process. */
  readonly store?: RunStore
  /** May change a request, or refuse it by throwing. Called once a run, before `onStart`. */
  readonly prepare?: (request: ChatRequest, info: Omit<RunInfo, 'request'>) => Awaitable<ChatRequest | void>
  /** Called once a run, before the source: the place to save the question. A throw fails the run. */
  readonly onStart?: (info: RunInfo) => Awaitable<void>
  /** Called once for each run, when its end is recorded: the place to save the answer. A throw goes to `onError`. */
  readonly onSettled?: (outcome: RunOutcome, info: SettledInfo) => Awaitable<void>
  /** What went wrong, unfiltered: it may hold a provider's body. For logs, never for viewers. Default: nothing. */
  readonly onError?: (error: unknown, info: { readonly runId: string | null }) => void
  /** Default `{ graceMs: 15_000 }`. A run started without a `Run-Id` could not be rejoined, and is cancelled at once. */
  readonly onDisconnect?: DisconnectPolicy
  readonly limits?: Partial<Limits>
  /** Between two comments on a silent stream, in ms. Default 15,000. */
  readonly heartbeatMs?: number
}
