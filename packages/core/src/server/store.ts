import type { AssistantMessage } from '../message/message.ts'
import { sluiceEnd, type SluiceEnd } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'
import type { LogEvent, LogReading } from './log.ts'

/** What names a run: ids are the owner's, so nobody meets another owner's runs. */
export interface RunKey {
  readonly owner: string
  /** A UUID. */
  readonly id: string
}

/** One string for a key, for maps and for stores that keep strings. UUIDs hold no blank, and their case says nothing. */
export function nameOf({ owner, id }: RunKey): string {
  return `${id.toLowerCase()} ${owner}`
}

/** What is known of a run from its start, and never changes. */
export interface RunRecord extends RunKey {
  readonly thread: string | null
  readonly parent: string | null
  /** The id of the answer. */
  readonly messageId: string
  readonly model: string
  /** Seconds since the Unix epoch. */
  readonly created: number
  /** A digest of the request body: the same id with another body is a conflict. */
  readonly fingerprint: string
  /** The messages of the request after its last assistant one: the question. */
  readonly input: readonly unknown[]
}

/** How a run ended; recorded exactly once. */
export interface RunEndRecord {
  readonly end: SluiceEnd
  readonly message: AssistantMessage
}

export function endRecord(outcome: RunOutcome): RunEndRecord {
  return { end: sluiceEnd(outcome), message: outcome.message }
}

export interface StoredRun {
  readonly record: RunRecord
  readonly lastEventId: number
  /** `null` while the run goes on. */
  readonly ended: RunEndRecord | null
}

/**
 * `created`: the caller is the producer, and `fence` is its right to write · `exists`: the same request came before ·
 * `conflict`: another request came before under this id · `cancelled`: it was cancelled before it began.
 */
export type CreateResult =
  | { readonly type: 'created'; readonly fence: string }
  | { readonly type: 'exists' }
  | { readonly type: 'conflict' }
  | { readonly type: 'cancelled' }

/** `fenced`: somebody else has ended the run, or produces it; the caller stops and writes no more. */
export type AppendResult =
  | { readonly type: 'appended'; readonly cancelRequested: boolean }
  | { readonly type: 'fenced' }

/** What a store has of a run's log. `unknown`: there is no such run. */
export type ReadResult = LogReading | { readonly type: 'unknown' }

/**
 * Where runs are kept, for one process (`memoryStore`) or for many. Every operation is atomic. A run is kept while it
 * goes on and for a time after its end; a cancel of a run that does not exist is remembered, and the late start refused.
 */
export interface RunStore {
  create(record: RunRecord): Promise<CreateResult>
  /** Appends events with consecutive ids, renews the producer's lease, and tells whether a cancel was asked for. */
  append(key: RunKey, fence: string, events: readonly LogEvent[]): Promise<AppendResult>
  /** Appends the last event and records the end; `false` if the run had ended already, and nothing was written. */
  end(key: RunKey, fence: string, end: RunEndRecord, last: LogEvent): Promise<boolean>
  /** The recorder's `onSettled` has returned: nobody needs to call it again. */
  acknowledge(key: RunKey, fence: string): Promise<void>
  /** Asks the producer to stop. `tombstoned`: there is no such run yet, and now there never will be. */
  cancel(key: RunKey): Promise<'requested' | 'ended' | 'tombstoned'>
  get(key: RunKey): Promise<StoredRun | undefined>
  /** The runs of a thread, newest first, at most 20. */
  list(owner: string, thread: string): Promise<readonly StoredRun[]>
  read(key: RunKey, after: number): Promise<ReadResult>
  /** Calls back once, when the run's log has grown or ended, or a cancel was asked for. Returns how to stop waiting. */
  watch(key: RunKey, callback: () => void): () => void
}
