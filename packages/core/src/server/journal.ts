import { createAlarm, type Clock } from '../run/clock.ts'
import { encodeSse } from '../sse/index.ts'
import { createEventLog, type LogBounds, type LogEvent } from './log.ts'
import type { RunEndRecord, RunKey, RunStore } from './store.ts'
import type { EventFeed } from './viewer.ts'

/** Where a producer writes its run: viewers of this process read it at once, all others from the store. */
export interface Journal {
  readonly feed: EventFeed
  readonly lastId: number
  /** Numbers and encodes each event once. */
  append(data: readonly string[]): void
  /** Writes the last event, closes the feed and records the end; whether this producer was the one to record it. */
  end(data: string, record: RunEndRecord): Promise<boolean>
}

export interface JournalOptions {
  readonly key: RunKey
  readonly fence: string
  readonly store: RunStore
  readonly bounds: LogBounds
  readonly clock: Clock
  /** Somebody asked the store, elsewhere, to stop this run. */
  readonly onCancelRequested: () => void
  /** The store no longer takes what this producer writes. */
  readonly onFenced: () => void
  readonly onError: (error: unknown) => void
}

/** How often a silent producer renews its lease and asks whether it shall stop, in ms. */
const RENEW_MS = 1_000

export function createJournal(options: JournalOptions): Journal {
  const { key, fence, store, clock } = options
  const log = createEventLog(options.bounds)
  const renewal = createAlarm(clock)
  let unsaved: LogEvent[] = []
  let flushing: Promise<void> | undefined

  function event(id: number, data: string): LogEvent {
    return { id, text: encodeSse({ id: String(id), data }) }
  }

  async function flush(): Promise<void> {
    renewal.clear()
    try {
      do {
        const events = unsaved
        unsaved = []
        if (!(await save(events))) return
      } while (unsaved.length > 0)
    } finally {
      // In the tick of the last look at `unsaved`: an event that comes after it starts a flush of its own.
      flushing = undefined
    }
    if (!log.isClosed) renewal.set(RENEW_MS, startFlush)
  }

  /** Whether this producer may go on writing. */
  async function save(events: readonly LogEvent[]): Promise<boolean> {
    try {
      const result = await store.append(key, fence, events)
      if (result.type === 'fenced') options.onFenced()
      else if (result.cancelRequested) options.onCancelRequested()
      return result.type !== 'fenced'
    } catch (error) {
      options.onError(error)
      return true
    }
  }

  function startFlush(): void {
    flushing ??= flush()
  }

  renewal.set(RENEW_MS, startFlush)
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
      startFlush()
    },
    async end(data, record) {
      const last = event(log.lastId + 1, data)
      log.append([last])
      log.close()
      await flushing
      renewal.clear()
      return store.end(key, fence, record, last)
    },
  }
}
