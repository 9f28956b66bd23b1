import { createAlarm, pause, within, type Alarm, type Clock } from '../clock.ts'
import { encodeSse } from '../sse/index.ts'
import { createEventLog, type EventLog, type LogBounds, type LogEvent } from './log.ts'
import type { AppendResult, ProducerNews, RunEndRecord, RunKey, RunStore } from './store.ts'
import type { EventFeed } from './viewer.ts'

/** Where a producer writes its run: viewers of this process read it at once, all others from the store. */
export interface Journal {
  readonly feed: EventFeed
  readonly lastId: number
  /** Numbers and encodes each event once. */
  append(data: readonly string[]): void
  /** Asks the store for news now. Resolves when they have come, or cannot be had. Never rejects. */
  renew(): Promise<void>
  /**
   * Writes the last event and closes the feed, then records the end, however long the store takes; whether this
   * producer was the one to record it. Never rejects.
   */
  end(data: string, record: RunEndRecord): Promise<boolean>
}

export interface JournalOptions {
  readonly key: RunKey
  readonly fence: string
  readonly store: RunStore
  readonly bounds: LogBounds
  readonly clock: Clock
  onNews(news: ProducerNews): void
  /** Somebody else has the run, and this producer's right to write is over. */
  onFenced(): void
  /** The store could not be reached for a lease: somebody else may have the run by now. */
  onLeaseLost(): void
  onError(error: unknown): void
}

/** How often a silent producer renews its lease at least, in ms. */
const RENEW_MS = 1_000
/** Between two tries when the store fails, in ms. */
const RETRY_MS = 100
/** How long an end is tried to be recorded, in ms: then nobody asks for it any more. */
const RECORD_MS = 600_000

/** What a producer has of its run: the right to write, the run alone because the store lost it, or neither. */
type Hold = 'held' | 'gone' | 'lease-lost' | 'fenced'

export function createJournal(options: JournalOptions): Journal {
  return new StoredJournal(options)
}

// A class, as a server keeps thousands of runs at a time: a closure for each of its functions would cost two kilobytes.
class StoredJournal implements Journal {
  readonly #options: JournalOptions
  readonly #log: EventLog
  readonly #next: Alarm
  readonly #stopListening: () => void
  #hold: Hold = 'held'
  #renewedAt: number
  #notBefore: number
  #unsaved: LogEvent[] = []
  #flushing: Promise<void> | undefined
  /** Recorded with the end, and not before. */
  #endId: number | undefined

  constructor(options: JournalOptions) {
    const { key, store, bounds, clock } = options
    this.#options = options
    this.#log = createEventLog(bounds)
    this.#next = createAlarm(clock)
    this.#renewedAt = clock.now()
    this.#notBefore = this.#renewedAt
    this.#stopListening = store.watchCancel(key, () => void this.renew())
    this.#renewLater()
  }

  get feed(): EventFeed {
    return this.#log
  }

  get lastId(): number {
    return this.#log.lastId
  }

  append(data: readonly string[]): void {
    if (data.length === 0) return
    const events = data.map((each, i) => eventOf(this.lastId + 1 + i, each))
    this.#log.append(events)
    this.#unsaved.push(...events)
    this.#flushSoon()
  }

  async renew(): Promise<void> {
    // A flush that is under way may have asked before what is to be known now had happened.
    await this.#flushing
    if (this.#log.isClosed) return
    this.#startFlush()
    await this.#flushing
  }

  async end(data: string, record: RunEndRecord): Promise<boolean> {
    const last = eventOf(this.lastId + 1, data)
    this.#endId = last.id
    this.#log.append([last])
    this.#log.close()
    this.#stopListening()
    await this.#flushing
    this.#next.clear()
    return this.#recordEnd(record, last)
  }

  #startFlush(): void {
    if (this.#hold === 'held' || this.#hold === 'gone') this.#flushing ??= this.#flush()
  }

  async #flush(): Promise<void> {
    const { store, clock } = this.#options
    this.#next.clear()
    const began = clock.now()
    const saved = await this.#save()
    // In the tick of the last look at `#unsaved`: an event that comes after it starts a flush of its own.
    this.#flushing = undefined
    this.#notBefore = saved ? began + store.flushMs : clock.now() + RETRY_MS
    if (this.#log.isClosed) return
    if (this.#unsaved.length > 0 || !saved) this.#flushSoon()
    else this.#renewLater()
  }

  #flushSoon(): void {
    const wait = this.#notBefore - this.#options.clock.now()
    if (wait <= 0) this.#startFlush()
    else if (this.#flushing === undefined) this.#flushAfter(wait)
  }

  #renewLater(): void {
    this.#flushAfter(Math.min(RENEW_MS, this.#options.store.leaseMs / 3))
  }

  #flushAfter(ms: number): void {
    this.#next.set(ms, () => this.#startFlush())
  }

  /** Whether the store has taken what there was. */
  async #save(): Promise<boolean> {
    const { key, fence, store, clock } = this.#options
    const began = clock.now()
    const events = this.#hold === 'gone' ? [] : this.#unsaved
    this.#unsaved = []
    const result = await this.#bounded(this.#patience(began), store.append(key, fence, events))
    if (result === undefined) {
      this.#unsaved = [...events, ...this.#unsaved]
      if (this.#hold === 'held' && clock.now() - this.#renewedAt >= store.leaseMs) this.#loseLease()
      return false
    }
    this.#renewedAt = began
    this.#take(result)
    return true
  }

  /** How long the store may take to answer, in ms. */
  #patience(now: number): number {
    const { leaseMs } = this.#options.store
    // A machine that slept through its lease asks once whether somebody has taken the run, before it gives it up.
    return this.#hold === 'held' ? Math.max(this.#renewedAt + leaseMs - now, leaseMs / 3) : leaseMs
  }

  #loseLease(): void {
    this.#hold = 'lease-lost'
    this.#options.onLeaseLost()
  }

  #take(result: AppendResult): void {
    if (result.type === 'behind') return this.#catchUp(result.lastEventId)
    if (result.type === 'fenced') {
      this.#hold = 'fenced'
      return this.#options.onFenced()
    }
    if (result.type === 'gone' && this.#hold !== 'gone') {
      this.#options.onError(new Error('The run store has lost a run that goes on.'))
    }
    if (result.type === 'gone') this.#hold = 'gone'
    this.#options.onNews(result)
  }

  /** Writes again what the store has lost; where that is not kept here either, it has lost the run. */
  #catchUp(from: number): void {
    const events: LogEvent[] = []
    for (let found = this.#log.read(from); found.type === 'events'; found = this.#log.read(events.at(-1)?.id ?? from)) {
      events.push(...found.events)
      if (found.events.length > 0) continue
      this.#unsaved = events.filter(({ id }) => id !== this.#endId)
      return
    }
    this.#hold = 'gone'
  }

  /** `undefined` when the store has failed, or has not answered in time. */
  async #bounded<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await (ms === Infinity ? answer : within(this.#options.clock, ms, answer))
    } catch (error) {
      this.#options.onError(error)
      return undefined
    }
  }

  async #recordEnd(record: RunEndRecord, last: LogEvent): Promise<boolean> {
    const { key, fence, store, clock } = this.#options
    const giveUp = clock.now() + RECORD_MS
    while (clock.now() < giveUp) {
      if (this.#unsaved.length > 0 && this.#hold !== 'gone') await this.#save()
      if (this.#hold === 'fenced') return false
      if (this.#unsaved.length === 0 || this.#hold === 'gone') {
        const recorded = await this.#bounded(store.leaseMs, store.end(key, fence, record, last))
        if (recorded !== undefined) return recorded
      }
      await pause(clock, RETRY_MS, new AbortController().signal)
    }
    return false
  }
}

function eventOf(id: number, data: string): LogEvent {
  return { id, text: encodeSse({ id: String(id), data }) }
}
