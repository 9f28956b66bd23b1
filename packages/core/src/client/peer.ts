import type { ChatStreamError } from '../errors.ts'
import type { ChatChunk } from '../message/chunk.ts'
import type { AssistantMessage } from '../message/message.ts'
import type { EndEvent, SluiceEnd } from '../run/end.ts'
import type { Cancellation } from '../run/outcome.ts'
import type { RunState } from '../run/state.ts'

/** What is known of an end beside the event that led to it. */
export interface EndFacts {
  readonly error?: ChatStreamError
  /** The end as a Sluice server told it: its facts outrank what this side counted. */
  readonly told?: SluiceEnd
}

/** What a peer reports of its run. Everything may be called late: a run that has ended takes no notice. */
export interface RunSink {
  readonly state: RunState
  opened(): void
  /** Something came. Told once for each read of the connection, before the chunks that it brought, if any. */
  alive(): void
  chunk(chunk: ChatChunk): void
  skipped(count: number): void
  /** The start was refused, and is sent again after `ms`. */
  retrying(ms: number): void
  /** The other end's message, up to where the run is joined again: the events in between can no longer be had. */
  recovered(message: AssistantMessage): void
  /** The connection broke, and a rejoin is on its way. */
  lost(error: ChatStreamError): void
  /** This side cannot read on what the other end goes on to send. */
  abandon(error: ChatStreamError): void
  end(event: EndEvent, facts?: EndFacts): void
  /** The server told the end. */
  told(end: SluiceEnd): void
}

/** The other end of a run, of which there are two kinds: a provider, and a Sluice server. */
export interface Peer {
  /** The run's name; another one after a refusal that spent it. */
  readonly runId: string
  /** Whether the run lives on at the other end when a connection breaks or this side gives up. */
  readonly rejoins: boolean
  /** Asks or joins, and reports until the run has ended. Called at most once; never throws. */
  start(sink: RunSink): void
  /** Asks the other end to stop, and reports its answer. Called at most once, after `start`; never throws. */
  cancel(reason: unknown): void
  /** Drops a connection that has gone silent, or is being sought, and seeks it again at once. Of no use at a provider. */
  drop(error: ChatStreamError): void
  /** Closes what is open: the run has ended. */
  close(): void
  /** What is known of the billing of a run whose socket this side closed. */
  billing(namedInChunks: string | undefined): Cancellation['billing']
}
