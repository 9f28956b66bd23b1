import type { Clock } from '../clock.ts'
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
  /** A reader that takes nothing for this long is let go. In ms. */
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
  return new FeedViewer(options)
}

// A class, and one timer for all, as a server keeps thousands of viewers, and most of them wait.
class FeedViewer implements Viewer {
  readonly #options: ViewerOptions
  readonly #ending = createDeferred<'ended' | 'detached'>()
  #cursor: number
  /** Who is waited for: the feed's answer, its next event, or the reader. */
  #waitsFor: 'answer' | 'event' | 'reader' = 'reader'
  #waitsSince = 0
  #hasLeft = false
  #wake: (isBeat: boolean) => void = ignore
  #stopTimer: (() => void) | undefined

  constructor(options: ViewerOptions) {
    this.#options = options
    this.#cursor = options.after
  }

  get left(): Promise<'ended' | 'detached'> {
    return this.#ending.promise
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    const { feed } = this.#options
    if (this.#stopTimer === undefined) this.#setTimer(this.#options.heartbeatMs)
    this.#waitsFor = 'answer'
    let text = ''
    while (text === '' && !this.#hasLeft) {
      text = this.#take(await feed.read(this.#cursor))
      if (text === '' && !this.#hasLeft && (await this.#idle())) text = HEARTBEAT
    }
    this.#wait('reader')
    return text === '' ? DONE : { done: false, value: text }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#leave('ended')
    return DONE
  }

  detach(): void {
    this.#leave('detached')
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #leave(how: 'ended' | 'detached'): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#stopTimer?.()
    this.#wake(false)
    this.#options.onLeave()
    this.#ending.resolve(how)
  }

  /** What to give; nothing where there is nothing yet, or nobody to give it to. */
  #take(result: ReadResult): string {
    if (this.#hasLeft) return ''
    if (result.type !== 'events') {
      this.#leave('detached')
      return ''
    }
    const last = result.events.at(-1)
    if (last !== undefined) {
      this.#cursor = last.id
      return result.events.map(({ text }) => text).join('')
    }
    if (!result.ended) return ''
    this.#leave('ended')
    return LAST
  }

  #wait(what: 'event' | 'reader'): void {
    this.#waitsFor = what
    this.#waitsSince = this.#options.clock.now()
  }

  /** Waits for a change, a heartbeat's time or the end of this viewer; resolves with whether it was the heartbeat's time. */
  #idle(): Promise<boolean> {
    this.#wait('event')
    return new Promise((resolve) => {
      const stopWatching = this.#options.feed.watch(() => this.#wake(false))
      this.#wake = (isBeat) => {
        this.#waitsFor = 'answer'
        this.#wake = ignore
        stopWatching()
        resolve(isBeat && !this.#hasLeft)
      }
      void this.#lookAgain()
    })
  }

  /** What was appended after the last read and before the watch would otherwise wait for the next event. */
  async #lookAgain(): Promise<void> {
    if (!isQuiet(await this.#options.feed.read(this.#cursor))) this.#wake(false)
  }

  /** Setting a timer for each piece would cost as much as the piece: this one finds out what it is there for when it is due. */
  #setTimer(ms: number): void {
    const { clock, heartbeatMs } = this.#options
    this.#stopTimer = clock.after(Math.min(ms, heartbeatMs), () => this.#onTimer())
  }

  #onTimer(): void {
    const { clock, heartbeatMs, stallMs } = this.#options
    const isIdle = this.#waitsFor === 'event'
    const left = (isIdle ? heartbeatMs : stallMs) - (clock.now() - this.#waitsSince)
    if (this.#waitsFor === 'answer') this.#setTimer(heartbeatMs)
    else if (left > 0) this.#setTimer(left)
    else if (isIdle) {
      this.#setTimer(heartbeatMs)
      this.#wake(true)
    } else this.#leave('detached')
  }
}

function ignore(): void {}

function isQuiet(result: ReadResult): boolean {
  return result.type === 'events' && result.events.length === 0 && !result.ended
}
