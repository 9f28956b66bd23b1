import { createWatchers, type Watchers } from './watchers.ts'

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

/** Events after a place in a log. `gap`: the next one was trimmed, or the log has ended before it. */
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

/** Most events of one read, and how many UTF-16 code units are enough, so that a viewer far behind holds little. */
const READ_EVENTS = 256
const READ_LENGTH = 65_536

/** Stands where an event was, so that its text goes at once and not when the rest is moved. */
const TRIMMED: LogEvent = { id: 0, text: '' }

export function createEventLog(bounds: LogBounds): EventLog {
  return new Log(bounds)
}

// A class, as runs are kept by the thousand: closures of its own would cost each of them some hundred bytes a method.
class Log implements EventLog {
  readonly #bounds: LogBounds
  readonly #watchers: Watchers = createWatchers()
  #events: LogEvent[] = []
  #trimmed = 0
  size = 0
  lastId = 0
  isClosed = false

  constructor(bounds: LogBounds) {
    this.#bounds = bounds
  }

  append(added: readonly LogEvent[]): void {
    // What grows from nothing takes room for 17 at once, and many runs wait long for their second event.
    const isFirst = this.#events.length === 0
    if (isFirst) this.#events = [...added]
    for (const event of added) {
      if (!isFirst) this.#events.push(event)
      this.size += event.text.length
      this.lastId = event.id
    }
    this.#trim()
    this.#watchers.wake()
  }

  close(): void {
    this.isClosed = true
    this.#watchers.wake()
  }

  read(after: number): LogReading {
    if (after > this.lastId && this.isClosed) return { type: 'gap' }
    if (after >= this.lastId) return { type: 'events', events: [], ended: this.isClosed }
    const from = this.#events.length - (this.lastId - after)
    if (from < this.#trimmed) return { type: 'gap' }
    const events = this.#events.slice(from, readEnd(this.#events, from))
    return { type: 'events', events, ended: this.isClosed }
  }

  watch(callback: () => void): () => void {
    return this.#watchers.add(callback)
  }

  #trim(): void {
    const { runEvents, runBytes } = this.#bounds
    const events = this.#events
    while (events.length - this.#trimmed > 1 && (events.length - this.#trimmed > runEvents || this.size > runBytes)) {
      this.size -= events[this.#trimmed]?.text.length ?? 0
      events[this.#trimmed] = TRIMMED
      this.#trimmed += 1
    }
    // Moving what is left costs its length, so it waits until as much was trimmed: linear over a run.
    if (this.#trimmed <= events.length / 2) return
    this.#events = events.slice(this.#trimmed)
    this.#trimmed = 0
  }
}

function readEnd(events: readonly LogEvent[], from: number): number {
  let length = 0
  let end = from
  while (end < events.length && end < from + READ_EVENTS && length < READ_LENGTH) {
    length += events[end]?.text.length ?? 0
    end += 1
  }
  return end
}
