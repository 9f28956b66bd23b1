import type { Clock } from '../run/clock.ts'
import { createDeferred } from '../run/deferred.ts'
import type { ReadResult } from './store.ts'

/** A run's log, wherever it is kept. */
export interface EventFeed {
  read(after: number): ReadResult | Promise<ReadResult>
  /** Calls back once, when there may be more to read. Returns how to stop waiting. */
  watch(callback: () => void): () => void
}

/**
 * One reader of a run: the text of its event stream, piece by piece, at the reader's own pace. Ends after `[DONE]`; a
 * viewer that is let go (it fell behind a trimmed log, took nothing for too long, or the server shuts down) ends without
 * it. `return()` leaves, also while a `next()` is pending.
 */
export interface Viewer extends AsyncIterableIterator<string, undefined> {
  return(): Promise<IteratorResult<string, undefined>>
  /** Lets the viewer go: it can rejoin. */
  detach(): void
  /**
   * How the viewer has ended: `ended` after `[DONE]` or by its own leaving; `detached` when it was let go, and its
   * connection, which may not take a byte more, is to be closed.
   */
  readonly left: Promise<'ended' | 'detached'>
}

export interface ViewerOptions {
  readonly feed: EventFeed
  /** The id of the last event that the reader has. */
  readonly after: number
  readonly heartbeatMs: number
  /** A reader that takes nothing for this long is let go, at the latest after twice the time. In ms. */
  readonly stallMs: number
  readonly clock: Clock
  /** Called once, however the viewer ends. */
  readonly onLeave: () => void
}

/** A comment line without a blank line: a blank one would make some clients dispatch an empty event. */
const HEARTBEAT = ': ping\n'
const LAST = 'data: [DONE]\n\n'
const DONE = { done: true, value: undefined } as const

export function createViewer(options: ViewerOptions): Viewer {
  const { feed, heartbeatMs, stallMs, clock } = options
  const ending = createDeferred<'ended' | 'detached'>()
  let cursor = options.after
  let left = false
  let asked = 0
  let answered = 0
  let wake = (): void => {}
  let stopWatching = (): void => {}

  function leave(how: 'ended' | 'detached'): void {
    if (left) return
    left = true
    stopWatching()
    wake()
    options.onLeave()
    ending.resolve(how)
  }

  /** One timer for a whole `stallMs`, instead of one for every piece. */
  function watchForStall(): void {
    const before = answered
    stopWatching = clock.after(stallMs, () => {
      if (answered === before && answered === asked) leave('detached')
      else watchForStall()
    })
  }

  /** Waits for a change, a heartbeat's time or the end of this viewer; returns whether it was the heartbeat's time. */
  async function idle(): Promise<boolean> {
    let beat = false
    let stop: readonly (() => void)[] = []
    const woken = new Promise<void>((resolve) => {
      wake = resolve
      const onBeat = (): void => {
        beat = true
        resolve()
      }
      stop = [feed.watch(resolve), clock.after(heartbeatMs, onBeat)]
    })
    // What was appended after the last read and before the watch would otherwise wait for the next event.
    const missed = await feed.read(cursor)
    if (isQuiet(missed)) await woken
    for (const each of stop) each()
    return beat
  }

  async function read(): Promise<IteratorResult<string, undefined>> {
    while (!left) {
      const result = await feed.read(cursor)
      if (left) break
      if (result.type !== 'events') {
        leave('detached')
        break
      }
      const last = result.events.at(-1)
      if (last !== undefined) {
        cursor = last.id
        return { done: false, value: result.events.map(({ text }) => text).join('') }
      }
      if (result.ended) {
        leave('ended')
        return { done: false, value: LAST }
      }
      if ((await idle()) && !left) return { done: false, value: HEARTBEAT }
    }
    return DONE
  }

  return {
    left: ending.promise,
    async next() {
      if (asked === 0) watchForStall()
      asked += 1
      const result = await read()
      answered += 1
      return result
    },
    async return() {
      leave('ended')
      return DONE
    },
    detach: () => leave('detached'),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function isQuiet(result: ReadResult): boolean {
  return result.type === 'events' && result.events.length === 0 && !result.ended
}
