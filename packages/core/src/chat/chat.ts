import type { ChatStreamError } from '../errors.ts'
import type { Fetch } from '../http/send.ts'
import type { RunOutcome } from '../run/outcome.ts'
import type { ChatStatus, RunState } from '../run/state.ts'
import type { ChatMessage } from './message.ts'
import type { ChatPersistence } from './persistence.ts'

/** Whom a chat talks to. */
export type PeerOptions =
  | { readonly api: string; readonly baseURL?: never; readonly apiKey?: never }
  | { readonly baseURL: string; readonly api?: never; readonly apiKey?: string }

/** What may change while a chat lives; see `configure`. */
export interface ChatSettings {
  readonly model: string
  readonly headers?: Readonly<Record<string, string>>
  /** More fields of every request body, e.g. `temperature`. */
  readonly body?: Readonly<Record<string, unknown>>
  readonly fetch?: Fetch
  /** Called once for each run that this chat watched to its end. */
  readonly onFinish?: (outcome: RunOutcome) => void
  readonly onError?: (error: ChatStreamError) => void
}

export type ChatOptions = PeerOptions &
  ChatSettings & {
    /** The thread's id, by which a reload finds the chat again. Default a fresh one. */
    readonly id?: string
    readonly initialMessages?: readonly ChatMessage[]
    /** Whether `mount` restores the thread and rejoins its running answer. Needs `api`. Default false. */
    readonly resume?: boolean
    /** Least time between two publications of a growing answer, in ms. Default 50. */
    readonly flush?: number
    readonly persistence?: ChatPersistence
  }

/** What a UI shows. Immutable; the same object until something changes, and unchanged messages are the same objects. */
export interface ChatSnapshot {
  readonly id: string
  readonly messages: readonly ChatMessage[]
  /** The words that chat UIs share, derived from `runState`. */
  readonly status: ChatStatus
  /** The exact state of the newest run; `null` before the first. */
  readonly runState: RunState | null
  readonly error: ChatStreamError | null
}

/** A chat that any UI can bind: `subscribe` and `getSnapshot` are what React's `useSyncExternalStore` takes. */
export interface Chat {
  readonly id: string
  getSnapshot(): ChatSnapshot
  /** What there was before anything happened: for rendering on a server. */
  getInitialSnapshot(): ChatSnapshot
  subscribe(listener: () => void): () => void
  /**
   * Sends a question. Resolves with the outcome of its answer; a failed answer resolves too.
   * Rejects with `invalid_request` if the text is blank, or while another answer is still on its way.
   */
  sendMessage(message: { readonly text: string }): Promise<RunOutcome>
  /** Stops the running answer for everybody. The text is frozen when this returns; resolves when the stop is confirmed. */
  stop(): Promise<void>
  /** Leaves the running answer without stopping it. */
  detach(): void
  /** Restores the thread and rejoins its running answer, as a mount with `resume: true` does. Never rejects. */
  resumeStream(): Promise<void>
  clearError(): void
  /** Other settings from the next send on; the callbacks count at once. What is left out is unset. */
  configure(settings: ChatSettings): void
  /** Tells that a UI shows this chat. After the last `unmount` the chat leaves its run, without stopping it. */
  mount(): () => void
}
