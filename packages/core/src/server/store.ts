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

/** What a start under an id that is taken comes to. */
export function createAgain(taken: RunRecord, asked: RunRecord): CreateResult {
  return { type: taken.fingerprint === asked.fingerprint ? 'exists' : 'conflict' }
}

/** What the store has to say to the producer of a run. */
export interface ProducerNews {
  readonly cancelRequested: boolean
  /** Whether the run is attended (`attend`) by a process other than the producer's. */
  readonly watched: boolean
}

/**
 * `fenced`: somebody else has ended the run, or produces it; the caller stops and writes no more · `gone`: the store
 * answers, but has lost the run; nobody else can have it, so the caller goes on for its own viewers and settles the end
 * itself · `behind`: the store has lost the newest events, or some between the last one that it has and these; nothing was
 * written, and the caller appends again from behind `lastEventId`.
 */
export type AppendResult =
  | ({ readonly type: 'appended' } & ProducerNews)
  | { readonly type: 'behind'; readonly lastEventId: number }
  | ({ readonly type: 'gone' } & ProducerNews)
  | { readonly type: 'fenced' }

/** What a store has of a run's log. `unknown`: there is no such run. */
export type ReadResult = LogReading | { readonly type: 'unknown' }

/** A run whose producer, or whose recorder, is gone: the caller of `takeOver` has it now, and nobody else. */
export interface Claim {
  readonly run: StoredRun
  /** The caller's right to record the end, where there is none yet, and to acknowledge its settlement. */
  readonly fence: string
  readonly cancelRequested: boolean
  /** The number of the call of `onSettled` that is due now: 1, or more where a process died after recording the end. */
  readonly attempt: number
}

/**
 * Where runs are kept, for one process (`memoryStore`) or for many.
 *
 * Every operation on one run is atomic, settles in bounded time, and may be repeated when its answer was lost: it then
 * answers as it would have, and changes nothing. One that rejects has changed something or nothing. A run is kept while it
 * goes on and for a time after its end; a cancel of a run that does not exist is remembered, and the late start refused.
 *
 * A producer holds a lease on its run, which every `append` renews. It gives the run up when none has succeeded for
 * `leaseMs` by its own clock. A run whose lease is over is handed to one caller of `takeOver`; from then on the old fence
 * is refused. Exactly one fence records a run's end, and its holder settles it.
 */
export interface RunStore {
  /** How long a silent producer keeps its run, in ms; `Infinity` where no process can outlive another. */
  readonly leaseMs: number
  /** Least time between the starts of two appends of one run, in ms; what comes in between is one batch. 0: none. */
  readonly flushMs: number
  create(record: RunRecord): Promise<CreateResult>
  /**
   * Appends events with consecutive ids, those that it has already left out; renews the producer's lease; and brings the
   * news. No events: only that.
   */
  append(key: RunKey, fence: string, events: readonly LogEvent[]): Promise<AppendResult>
  /**
   * Appends the last event and records the end. `true`: this fence's end is the recorded one, or the store has lost the
   * run, so that nobody else can record it. `false`: nothing was written, for somebody else has the run.
   */
  end(key: RunKey, fence: string, end: RunEndRecord, last: LogEvent): Promise<boolean>
  /**
   * Replaces a recorded end by what its recorder has learned since: a drained run's count. Does nothing for any other
   * fence, and for a run that has not ended.
   */
  amend(key: RunKey, fence: string, end: RunEndRecord): Promise<void>
  /** The recorder's `onSettled` has returned, or thrown: nobody needs to call it again. */
  acknowledge(key: RunKey, fence: string): Promise<void>
  /** Asks the producer to stop. `tombstoned`: there is no such run yet, and now there never will be. */
  cancel(key: RunKey): Promise<'requested' | 'ended' | 'tombstoned'>
  get(key: RunKey): Promise<StoredRun | undefined>
  /** The runs of a thread, newest first, at most 20. */
  list(owner: string, thread: string): Promise<readonly StoredRun[]>
  /**
   * Events after `after`. Behind the newest event of a run that goes on there are none yet; a reader that has more than
   * the log of an ended run (what its producer showed and could not save) meets a `gap`.
   */
  read(key: RunKey, after: number): Promise<ReadResult>
  /**
   * Calls back once, soon after the run's log has grown or ended, and maybe without a cause: it says when to look, and
   * is never the only sign. Returns how to stop waiting.
   */
  watch(key: RunKey, callback: () => void): () => void
  /**
   * Calls back soon after a cancel of a run of this process was asked for, and maybe without a cause: the producer's
   * next `append` tells. Returns how to stop listening.
   */
  watchCancel(key: RunKey, callback: () => void): () => void
  /**
   * A viewer of this process reads a run that another one produces: until the returned function is called, and no longer
   * than a lease after this process has died, the producer hears that the run is `watched`.
   */
  attend(key: RunKey): () => void
  /**
   * Hands over runs whose producer or recorder is gone, each to one caller of all processes, one at a time, not later
   * than two leases after the last sign of life. Until `acknowledge`, a recorder that lives is never taken for gone. Does
   * not keep the process running. Returns how to stop.
   */
  takeOver(callback: (claim: Claim) => Promise<void>): () => void
}
