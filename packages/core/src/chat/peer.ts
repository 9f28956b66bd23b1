import type { RequestMessage, StreamChatOptions } from '../client/options.ts'
import type { ClientRun, RunObserver } from '../client/run.ts'
import type { Clock } from '../clock.ts'
import type { RunObject } from '../run/run-object.ts'

/** How requests are sent, whatever they ask. */
export type Requests = Pick<StreamChatOptions, 'headers' | 'fetch' | 'timeouts' | 'maxRetries'>

/** One run's request. */
export type RunRequest = Requests & {
  readonly model: string
  readonly messages: readonly RequestMessage[]
  readonly body: NonNullable<StreamChatOptions['body']>
}

/** The other end of a chat: of all its runs. */
export interface ChatPeer {
  start(request: RunRequest, runId: string, observer: RunObserver, clock: Clock): ClientRun
  /** Absent where a run cannot be found again. */
  readonly rejoin?: {
    /** The runs of a thread, newest first. Rejects with a `ChatStreamError`. */
    find(thread: string, requests: Requests): Promise<readonly RunObject[]>
    /** Joins a run that was found running. */
    join(run: RunObject, requests: Requests, observer: RunObserver, clock: Clock): ClientRun
  }
}
