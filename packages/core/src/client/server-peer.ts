import { ChatStreamError, toChatStreamError } from '../errors.ts'
import { eventStreamBody, readEventBatches } from '../http/event-stream.ts'
import type { FetchResponse } from '../http/fetch-response.ts'
import { responseError } from '../http/response-error.ts'
import { joinURL, lowerCased, resolveFetch, send } from '../http/send.ts'
import { createChunkReader } from '../message/chunk-reader.ts'
import { pause, type Clock } from '../clock.ts'
import { NEVER_STARTED, readEnd } from '../run/end.ts'
import { createRunId } from '../run/run-id.ts'
import { endOfRun, readRunObject } from '../run/run-object.ts'
import { RUN_ID_HEADER } from '../run/wire.ts'
import type { SseEvent } from '../sse/index.ts'
import { requestCancel } from './cancel-request.ts'
import { MAX_RETRIES, type ServerRunOptions } from './options.ts'
import type { Peer, RunSink } from './peer.ts'
import { backoffMs } from './rejoin.ts'
import { MAX_WAIT_MS, retryWaitMs } from './retry.ts'

const PRODUCER_LOST = 'The server no longer knows this run: it was restarted, or kept it as long as it could.'

/** How long one try to rejoin may wait for its head, in ms: a server has it at hand. */
const TRY_MS = 10_000

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
  /** See `StreamChatOptions`. */
  readonly maxRetries?: number | undefined
}

/** A Sluice server: the run lives there, so a connection that breaks is sought again, and a stop is asked for. */
export function createServerPeer(options: ServerPeerOptions): Peer {
  const { api, clock, start, maxRetries = MAX_RETRIES } = options
  const fetch = resolveFetch(options.fetch)
  const given = lowerCased(options.headers)
  const closed = new AbortController()
  const readChunk = createChunkReader()
  let { runId, after: lastEventId } = options
  let connection = new AbortController()
  let hurry = new AbortController()
  let runSink: RunSink | undefined
  let headSeen = start === undefined
  let retries = 0
  let refused = false

  function get(path: string, accept: string): Promise<FetchResponse> {
    const headers = { accept, ...given }
    const init = { headers, signal: connection.signal, cache: 'no-store' } as const
    return send(fetch, joinURL(api, `runs/${runId}${path}`), init, 'The server')
  }

  function ask(): Promise<FetchResponse> {
    connection = new AbortController()
    const { signal } = connection
    const accept = 'text/event-stream'
    if (headSeen) {
      const late = new ChatStreamError('timeout', `The server did not answer within ${TRY_MS} ms.`)
      const stop = clock.after(TRY_MS, () => connection.abort(late))
      return get(`/events?after=${lastEventId}`, accept).finally(stop)
    }
    const headers = { accept, ...given, 'content-type': 'application/json', [RUN_ID_HEADER.toLowerCase()]: runId }
    const init = { method: 'POST', headers, body: start ?? '', signal }
    return send(fetch, joinURL(api, 'chat/completions'), init, 'The server')
  }

  /** One connection. Returns why it was lost, or `undefined` when the run has ended. */
  async function connect(sink: RunSink): Promise<ChatStreamError | undefined> {
    const response = await ask()
    if (!response.ok) return onRefusal(await responseError(response, 'The server'), sink)
    if (response.status === 204) return recover(sink) // the run has ended, and its last chunk could not be read
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
  async function onRefusal(error: ChatStreamError, sink: RunSink): Promise<ChatStreamError | undefined> {
    if (!headSeen) return onRefusedStart(error, sink)
    const status = error.status ?? 0
    if (status === 429 || status >= 500) return error
    if (error.code === 'resume_gap') return recover(sink)
    // Asking with another POST would generate, and bill, a second answer.
    const gone = status === 404 ? new ChatStreamError('producer_lost', PRODUCER_LOST, { cause: error }) : error
    sink.end('truncated', { error: gone })
    return undefined
  }

  async function onRefusedStart(error: ChatStreamError, sink: RunSink): Promise<ChatStreamError | undefined> {
    const wait = retryWaitMs(error, (retries += 1), maxRetries)
    if (sink.state === 'cancelling') return undefined // the answer to the cancel knows more
    if (error.code === 'run_cancelled') sink.told(NEVER_STARTED)
    else if (wait === undefined) sink.end('error', { error })
    else {
      // An error in OpenAI's form is the server's own, and has spent the id. Behind any other, of a proxy in between, the
      // run may have begun: with its id, it cannot begin twice.
      refused = error.providerType !== undefined
      if (refused) runId = createRunId()
      sink.retrying(wait)
      await pause(clock, wait, closed.signal)
      refused = false
      if (!closed.signal.aborted && sink.state === 'submitted') return connect(sink)
    }
    return undefined
  }

  /** Takes the message itself where its events are no longer kept; the next connection goes on behind it. */
  async function recover(sink: RunSink): Promise<ChatStreamError | undefined> {
    const response = await get('', 'application/json')
    if (!response.ok) return onRefusal(await responseError(response, 'The server'), sink)
    const run = readRunObject(await response.json().catch(() => undefined))
    if (run === undefined) throw new ChatStreamError('protocol', 'Expected a run object; is this a Sluice server?')
    sink.recovered(run.message)
    lastEventId = run.lastEventId
    const told = endOfRun(run)
    if (told === undefined) return new ChatStreamError('resume_gap', 'The events in between are no longer kept.')
    sink.told(told)
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
    sink.told(told)
    return true
  }

  async function follow(sink: RunSink): Promise<void> {
    let seen = lastEventId
    for (let attempt = 0; ; attempt += 1) {
      hurry = new AbortController()
      const loss = await connect(sink).catch((error: unknown) =>
        toChatStreamError(connection.signal.reason ?? error, 'network', 'The connection to the server broke.'),
      )
      if (loss === undefined || closed.signal.aborted) return
      // What cannot get better by asking again ends the run: an event too long, an answer that never was an event stream.
      if (loss.code === 'limit') return sink.abandon(loss)
      if (loss.code === 'protocol' && !headSeen) return sink.end('truncated', { error: loss })
      sink.lost(loss)
      if (lastEventId > seen) attempt = 0
      seen = lastEventId
      const asked = Math.min(loss.retryAfterMs ?? 0, MAX_WAIT_MS)
      await pause(clock, Math.max(backoffMs(attempt), asked), hurry.signal)
      // A run that is being cancelled is no longer sought: the answer to the cancel says how it ended.
      if (closed.signal.aborted || sink.state === 'cancelling') return
    }
  }

  return {
    get runId() {
      return runId
    },
    rejoins: true,
    start(sink) {
      runSink = sink
      void follow(sink)
    },
    cancel() {
      if (refused) runSink?.end('confirmed', { told: NEVER_STARTED })
      else void requestCancel({ ...options, runId, fetch }).then((told) => runSink?.end('confirmed', told && { told }))
    },
    drop(error) {
      hurry.abort()
      connection.abort(error)
    },
    close() {
      closed.abort()
      hurry.abort()
      connection.abort()
    },
    billing: () => 'unknown', // the server tells
  }
}
