import { ChatStreamError, toChatStreamError } from '../errors.ts'
import { eventStreamBody, readEventBatches } from '../http/event-stream.ts'
import { responseError } from '../http/response-error.ts'
import { joinURL, resolveFetch, send } from '../http/send.ts'
import { readChunk } from '../message/chunk.ts'
import { pause, type Clock } from '../run/clock.ts'
import { EVENT_OF_STATUS, NEVER_STARTED, readEnd } from '../run/end.ts'
import { endOfRun, readRunObject } from '../run/run-object.ts'
import { RUN_ID_HEADER } from '../run/wire.ts'
import type { SseEvent } from '../sse/index.ts'
import { requestCancel } from './cancel-request.ts'
import type { ServerRunOptions } from './options.ts'
import type { Peer, RunSink } from './peer.ts'
import { backoffMs } from './rejoin.ts'

const PRODUCER_LOST = 'The server no longer knows this run: it was restarted, or kept it as long as it could.'

export interface ServerPeerOptions {
  readonly api: string
  readonly runId: string
  /** The request body of the start, or `undefined` to join a run that somebody else started. */
  readonly start: string | undefined
  /** The id of the last event that is known already; 0 for none. */
  readonly after: number
  readonly headers: ServerRunOptions['headers']
  readonly fetch: ServerRunOptions['fetch']
  readonly clock: Clock
}

/** A Sluice server: the run lives there, so a connection that breaks is sought again, and a stop is asked for. */
export function createServerPeer(options: ServerPeerOptions): Peer {
  const { api, runId, clock } = options
  const fetch = resolveFetch(options.fetch)
  const closed = new AbortController()
  let connection = new AbortController()
  let runSink: RunSink | undefined
  let lastEventId = options.after
  let headSeen = options.start === undefined

  function ask(): Promise<Response> {
    connection = new AbortController()
    const { signal } = connection
    const headers = { accept: 'text/event-stream', ...options.headers }
    if (headSeen) {
      const url = joinURL(api, `runs/${runId}/events?after=${lastEventId}`)
      return send(fetch, url, { headers, signal, cache: 'no-store' }, 'The server')
    }
    const init = {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', [RUN_ID_HEADER]: runId },
      body: options.start ?? '',
      signal,
    }
    return send(fetch, joinURL(api, 'chat/completions'), init, 'The server')
  }

  /** One connection. Returns why it was lost, or `undefined` when the run has ended. */
  async function connect(sink: RunSink): Promise<ChatStreamError | undefined> {
    const response = await ask()
    if (!response.ok) return refused(await responseError(response, 'The server'), sink)
    const body = await eventStreamBody(response, 'The server')
    headSeen = true
    sink.opened()
    for await (const events of readEventBatches(body, connection.signal)) {
      sink.alive()
      for (const event of events) if (read(event, sink)) return undefined
    }
    return new ChatStreamError('network', 'The connection to the server ended before the run did.')
  }

  /** An answer that is no stream: the end of the run, or the reason to ask again. */
  async function refused(error: ChatStreamError, sink: RunSink): Promise<ChatStreamError | undefined> {
    if (!headSeen) {
      if (error.code === 'run_cancelled') sink.end('stopped', { told: NEVER_STARTED })
      else sink.end('error', { error })
      return undefined
    }
    const status = error.status ?? 0
    if (status === 429 || status >= 500) return error
    if (error.code === 'resume_gap') return recover(sink)
    // Asking with another POST would generate, and bill, a second answer.
    const gone = status === 404 ? new ChatStreamError('producer_lost', PRODUCER_LOST, { cause: error }) : error
    sink.end('truncated', { error: gone })
    return undefined
  }

  /** Takes the message itself where its events are no longer kept; the next connection goes on behind it. */
  async function recover(sink: RunSink): Promise<ChatStreamError | undefined> {
    const headers = { accept: 'application/json', ...options.headers }
    const init = { headers, signal: connection.signal, cache: 'no-store' } as const
    const response = await send(fetch, joinURL(api, `runs/${runId}`), init, 'The server')
    if (!response.ok) return refused(await responseError(response, 'The server'), sink)
    const run = readRunObject(await response.json().catch(() => undefined))
    if (run === undefined) throw new ChatStreamError('protocol', 'Expected a run object; is this a Sluice server?')
    sink.recovered(run.message)
    lastEventId = run.lastEventId
    const told = endOfRun(run)
    if (told === undefined) return new ChatStreamError('resume_gap', 'The events in between are no longer kept.')
    sink.end(EVENT_OF_STATUS[told.status], { told })
    return undefined
  }

  /** Reads one event; returns whether it ended the run. */
  function read({ id, data }: SseEvent, sink: RunSink): boolean {
    const number = Number(id)
    if (Number.isSafeInteger(number) && number > 0) {
      if (number <= lastEventId) return false // a proxy that answers from a cache may repeat what was seen
      lastEventId = number
    }
    const reading = readChunk(data)
    if (reading.type === 'malformed') sink.skipped(1)
    if (reading.type !== 'chunk') return false
    const told = readEnd(reading.chunk)
    if (told === undefined) {
      sink.chunk(reading.chunk)
      return false
    }
    sink.end(EVENT_OF_STATUS[told.status], { told })
    return true
  }

  async function follow(sink: RunSink): Promise<void> {
    let seen = lastEventId
    for (let attempt = 0; ; attempt += 1) {
      const loss = await connect(sink).catch((error: unknown) =>
        toChatStreamError(connection.signal.reason ?? error, 'network', 'The connection to the server broke.'),
      )
      if (loss === undefined || closed.signal.aborted) return
      // What cannot get better by asking again ends the run: an answer that is no event stream, an event too long.
      if (loss.code === 'protocol' || loss.code === 'limit') return sink.end('truncated', { error: loss })
      sink.lost(loss)
      if (lastEventId > seen) attempt = 0
      seen = lastEventId
      await pause(clock, backoffMs(attempt), closed.signal)
      // A run that is being cancelled is no longer sought: the answer to the cancel says how it ended.
      if (closed.signal.aborted || sink.state === 'cancelling') return
    }
  }

  return {
    rejoins: true,
    start: (sink) => {
      runSink = sink
      void follow(sink)
    },
    cancel() {
      void requestCancel({ ...options, fetch }).then((told) => runSink?.end('confirmed', told && { told }))
    },
    drop: (error) => connection.abort(error),
    close() {
      closed.abort()
      connection.abort()
    },
    billing: () => 'unknown', // the server tells
  }
}
