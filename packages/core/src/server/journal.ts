import { createAlarm, pause, within, type Clock } from '../run/clock.ts'
import { encodeSse } from '../sse/index.ts'
import { createEventLog, type LogBounds, type LogEvent } from './log.ts'
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
  readonly onNews: (news: ProducerNews) => void
  /** Somebody else has the run, and this producer's right to write is over. */
  readonly onFenced: () => void
  /** The store could not be reached for a lease: somebody else may have the run by now. */
  readonly onLeaseLost: () => void
  readonly onError: (error: unknown) => void
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
  const { key, fence, store, clock, onError } = options
  const log = createEventLog(options.bounds)
  const next = createAlarm(clock)
  const renewMs = Math.min(RENEW_MS, store.leaseMs / 3)
  let hold: Hold = 'held'
  let renewedAt = clock.now()
  let notBefore = renewedAt
  let unsaved: LogEvent[] = []
  let flushing: Promise<void> | undefined
  /** Recorded with the end, and not before. */
  let endId: number | undefined

  function event(id: number, data: string): LogEvent {
    return { id, text: encodeSse({ id: String(id), data }) }
  }

  function startFlush(): void {
    if (hold === 'held' || hold === 'gone') flushing ??= flush()
  }

  async function flush(): Promise<void> {
    next.clear()
    const began = clock.now()
    const saved = await save()
    // In the tick of the last look at `unsaved`: an event that comes after it starts a flush of its own.
    flushing = undefined
    notBefore = saved ? began + store.flushMs : clock.now() + RETRY_MS
    if (log.isClosed) return
    if (unsaved.length > 0 || !saved) flushSoon()
    else next.set(renewMs, startFlush)
  }

  function flushSoon(): void {
    const wait = notBefore - clock.now()
    if (wait <= 0) startFlush()
    else if (flushing === undefined) next.set(wait, startFlush)
  }

  /** Whether the store has taken what there was. */
  async function save(): Promise<boolean> {
    const began = clock.now()
    const events = hold === 'gone' ? [] : unsaved
    unsaved = []
    // A machine that slept through its lease asks once whether somebody has taken the run, before it gives it up.
    const left = hold === 'held' ? Math.max(renewedAt + store.leaseMs - began, store.leaseMs / 3) : store.leaseMs
    const result = await bounded(left, store.append(key, fence, events))
    if (result === undefined) {
      unsaved = [...events, ...unsaved]
      if (hold === 'held' && clock.now() - renewedAt >= store.leaseMs) loseLease()
      return false
    }
    renewedAt = began
    take(result)
    return true
  }

  function loseLease(): void {
    hold = 'lease-lost'
    options.onLeaseLost()
  }

  function take(result: AppendResult): void {
    if (result.type === 'behind') return catchUp(result.lastEventId)
    if (result.type === 'fenced') {
      hold = 'fenced'
      return options.onFenced()
    }
    if (result.type === 'gone' && hold !== 'gone') onError(new Error('The run store has lost a run that goes on.'))
    if (result.type === 'gone') hold = 'gone'
    options.onNews(result)
  }

  /** Writes again what the store has lost; where that is not kept here either, it has lost the run. */
  function catchUp(from: number): void {
    const events: LogEvent[] = []
    for (let found = log.read(from); found.type === 'events'; found = log.read(events.at(-1)?.id ?? from)) {
      events.push(...found.events)
      if (found.events.length > 0) continue
      unsaved = events.filter(({ id }) => id !== endId)
      return
    }
    hold = 'gone'
  }

  /** `undefined` when the store has failed, or has not answered in time. */
  async function bounded<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
    try {
      return await (ms === Infinity ? answer : within(clock, ms, answer))
    } catch (error) {
      onError(error)
      return undefined
    }
  }

  async function recordEnd(record: RunEndRecord, last: LogEvent): Promise<boolean> {
    const giveUp = clock.now() + RECORD_MS
    while (clock.now() < giveUp) {
      if (unsaved.length > 0 && hold !== 'gone') await save()
      if (hold === 'fenced') return false
      if (unsaved.length === 0 || hold === 'gone') {
        const recorded = await bounded(store.leaseMs, store.end(key, fence, record, last))
        if (recorded !== undefined) return recorded
      }
      await pause(clock, RETRY_MS, new AbortController().signal)
    }
    return false
  }

  async function renew(): Promise<void> {
    // A flush that is under way may have asked before what is to be known now had happened.
    await flushing
    if (log.isClosed) return
    startFlush()
    await flushing
  }

  const stopListening = store.watchCancel(key, () => void renew())
  next.set(renewMs, startFlush)
  return {
    feed: log,
    get lastId() {
      return log.lastId
    },
    append(data) {
      if (data.length === 0) return
      const events = data.map((each, i) => event(log.lastId + 1 + i, each))
      log.append(events)
      unsaved.push(...events)
      flushSoon()
    },
    renew,
    async end(data, record) {
      const last = event(log.lastId + 1, data)
      endId = last.id
      log.append([last])
      log.close()
      stopListening()
      await flushing
      next.clear()
      return recordEnd(record, last)
    },
  }
}
