import { createWatchers } from './watchers.ts'

/** One event of a run, encoded once for all its viewers. */
export interface LogEvent {
  /** 1, 2, 3 …, without a gap. */
  readonly id: number
  /** The whole SSE block, its blank line included. */
  readonly text: string
}

export interface LogBounds {
  /** Most events kept. */
  readonly runEvents: number
  /** Most UTF-16 code units kept, all events together. */
  readonly runBytes: number
}

/** Events after a place in a log. `gap`: the next one was trimmed. */
export type LogReading =
  | {
      readonly type: 'events'
      /** Oldest first; empty while there are none yet. */
      readonly events: readonly LogEvent[]
      /** Whether nothing comes behind the log any more. */
      readonly ended: boolean
    }
  | { readonly type: 'gap' }

/** The newest events of one run, oldest out first. Being full ends no run. */
export interface EventLog {
  /** The id of the newest event; 0 before the first. */
  readonly lastId: number
  readonly isClosed: boolean
  /** What is held, in UTF-16 code units. */
  readonly size: number
  append(events: readonly LogEvent[]): void
  /** Nothing comes any more. */
  close(): void
  /** Some of the events after `after`. */
  read(after: number): LogReading
  /** Calls back once, at the next append or close. Returns how to stop waiting. */
  watch(callback: () => void): () => void
}

/** Most events of one read, so that a viewer far behind holds little at a time. */
const READ_EVENTS = 256

export function createEventLog({ runEvents, runBytes }: LogBounds): EventLog {
  let events: LogEvent[] = []
  let trimmed = 0
  let size = 0
  let lastId = 0
  let isClosed = false
  const watchers = createWatchers()

  function trim(): void {
    while (events.length - trimmed > 1 && (events.length - trimmed > runEvents || size > runBytes)) {
      size -= events[trimmed]?.text.length ?? 0
      trimmed += 1
    }
    // Moving what is left costs its length, so it waits until as much was trimmed: linear over a run.
    if (trimmed <= events.length / 2) return
    events = events.slice(trimmed)
    trimmed = 0
  }

  return {
    get lastId() {
      return lastId
    },
    get isClosed() {
      return isClosed
    },
    get size() {
      return size
    },
    append(added) {
      for (const event of added) {
        events.push(event)
        size += event.text.length
        lastId = event.id
      }
      trim()
      watchers.wake()
    },
    close() {
      isClosed = true
      watchers.wake()
    },
    read(after) {
      if (after >= lastId) return { type: 'events', events: [], ended: isClosed }
      const from = events.length - (lastId - after)
      if (from < trimmed) return { type: 'gap' }
      return { type: 'events', events: events.slice(from, from + READ_EVENTS), ended: isClosed }
    },
    watch: watchers.add,
  }
}
