import type { RunOutcome } from '../run/outcome.ts'
import type { Given } from '../defaults.ts'
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
  /** The id of the message that the answer follows; `null` if the client named none. */
  readonly parent: string | null
  /** The id of the answer. */
  readonly messageId: string
  readonly request: ChatRequest
}

export interface SettledInfo extends RunInfo {
  /**
   * 1, or more where a machine died in an earlier call. Save by `runId`. Where this machine did not produce the run (its
   * producer died), `request` holds only the model and the messages after the last assistant one.
   */
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
  /**
   * Called once for each run, when its end is recorded: the place to save the answer. A throw goes to `onError` and a hang
   * holds up nothing but a shutdown, for 5 s; neither brings another call, which is for machines that died.
   */
  readonly onSettled?: (outcome: RunOutcome, info: SettledInfo) => Awaitable<void>
  /** What went wrong, unfiltered: it may hold a provider's body. For logs, never for viewers. Default: nothing. */
  readonly onError?: (error: unknown, info: { readonly runId: string | null }) => void
  /** Default `{ graceMs: 15_000 }`. A run started without a `Run-Id` could not be rejoined, and is cancelled at once. */
  readonly onDisconnect?: DisconnectPolicy
  /**
   * What a cancel does to the provider. `drainMs`: how long its stream is read on, in ms, to learn its own count, while it
   * goes on and bills; the text that viewers have stays as it is, and they are answered at once. Default 0: its socket is
   * closed at once.
   */
  readonly onCancel?: { readonly drainMs: number }
  readonly limits?: Given<Limits>
  /**
   * Between two comments on a silent stream, in ms. Default 15,000. A viewer that takes nothing for two to four times as
   * long is let go, and can rejoin.
   */
  readonly heartbeatMs?: number
}
