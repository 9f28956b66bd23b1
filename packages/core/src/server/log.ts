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
  /** Some events after `after`, oldest first; none if there are none yet; `gap` if the next one was trimmed. */
  read(after: number): readonly LogEvent[] | 'gap'
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
      if (after >= lastId) return []
      const from = events.length - (lastId - after)
      return from < trimmed ? 'gap' : events.slice(from, from + READ_EVENTS)
    },
    watch: watchers.add,
  }
}
