import { createSseParser } from '@sluice/core/sse'
import { addEvents, startRecord, type WireRecord } from './wire-record.ts'

/** A look at the page's end of the wire, and a hand on it. */
export interface Wire {
  /** What the chat sends its requests with. */
  readonly fetch: typeof globalThis.fetch
  /** The newest run's record; `null` before the first. */
  getRecord(): WireRecord | null
  isOffline(): boolean
  subscribe(listener: () => void): () => void
  /** Breaks the streams that are open, as a network that changes does. */
  drop(): void
  /** While offline every request fails, and open streams break. */
  setOffline(offline: boolean): void
}

/** How often listeners hear of new events, in ms: often enough for eyes. */
const NOTIFY_MS = 200

export function createWire(): Wire {
  const listeners = new Set<() => void>()
  const open = new Set<AbortController>()
  let record: WireRecord | null = null
  let offline = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function notify(): void {
    clearTimeout(timer)
    timer = undefined
    for (const listener of listeners) listener()
  }

  function change(next: WireRecord): void {
    record = next
    timer ??= setTimeout(notify, NOTIFY_MS)
  }

  /** Passes the bytes on and reads them on the way. */
  function watch(body: ReadableStream<Uint8Array<ArrayBuffer>>, line: AbortController) {
    const events: { readonly id: string; readonly data: string }[] = []
    const parser = createSseParser({ onEvent: ({ id, data }) => void events.push({ id: id ?? '', data }) })
    const reader = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(bytes, controller) {
        controller.enqueue(bytes)
        parser.feed(bytes)
        if (events.length > 0 && record !== null) change(addEvents(record, events.splice(0), Date.now()))
      },
      flush: () => void open.delete(line),
    })
    return body.pipeThrough(reader, { signal: line.signal })
  }

  return {
    async fetch(input, init) {
      if (offline) throw new TypeError('The page is offline: its own switch says so.')
      if (startsRun(input, init)) change(startRecord(Date.now(), true))
      const line = new AbortController()
      open.add(line)
      const signal = init?.signal ? AbortSignal.any([init.signal, line.signal]) : line.signal
      const response = await fetch(input, { ...init, signal }).finally(() => open.delete(line))
      if (response.body === null || !isEventStream(response)) return response
      open.add(line)
      const known = record ?? startRecord(Date.now(), false)
      change({ ...known, connections: known.connections + 1 })
      return new Response(watch(response.body, line), response)
    },
    getRecord: () => record,
    isOffline: () => offline,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    drop,
    setOffline(next) {
      offline = next
      if (next) drop()
      // The chat waits for this event before it tries again.
      else dispatchEvent(new Event('online'))
      notify()
    },
  }

  function drop(): void {
    for (const line of open) line.abort(new TypeError('The connection was dropped.'))
    open.clear()
  }
}

function startsRun(input: RequestInfo | URL, init: RequestInit | undefined): boolean {
  const url = input instanceof Request ? input.url : input.toString()
  return init?.method === 'POST' && url.endsWith('/chat/completions')
}

function isEventStream({ headers }: Response): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true
}
