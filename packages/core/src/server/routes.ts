import { ChatStreamError } from '../errors.ts'
import { systemClock, within } from '../clock.ts'
import { endOfRun } from '../run/run-object.ts'
import { outcomeOfEnd } from '../run/end.ts'
import { outcomeError } from '../run/outcome.ts'
import { isRunId } from '../run/run-id.ts'
import { RUN_ID_HEADER } from '../run/wire.ts'
import { chatCompletion } from './completion.ts'
import { resolveLimits } from './limits.ts'
import type { RunServerOptions } from './options.ts'
import { report } from './report.ts'
import { parseStart, readStart, type StartRequest } from './request.ts'
import { publicError } from './public-error.ts'
import { errorReply, jsonReply, withoutBody, type Reply, type ReplyHeaders } from './reply.ts'
import { createRunServer, type Attached } from './runs.ts'
import type { Viewer } from './viewer.ts'

/** A request as every web framework can tell it. */
export interface RouteRequest<Native> {
  readonly method: string
  /** Below the place where the routes are mounted, e.g. `/chat/completions`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly header: (name: string) => string | undefined
  /** The body, as text or as somebody before us has parsed it. Throws `invalid_request` (413) beyond `maxBytes`. */
  readonly body: (maxBytes: number) => Promise<{ readonly text: string } | { readonly parsed: unknown }>
  /** The framework's own request, for `authorize`. */
  readonly native: Native
  /** Aborts when the client has gone. Not asked any more once `handle` has resolved: see `Reply`. */
  readonly signal: AbortSignal
}

export interface RoutesOptions<Native> extends RunServerOptions {
  /**
   * Whose request it is. Nothing, or an empty owner, is 401; an error with a `status` is that status. Without `authorize` all callers share
   * one owner, and knowing a run's id or a thread's is the right to it.
   */
  readonly authorize?: (
    request: Native,
  ) => { readonly owner: string } | null | undefined | PromiseLike<{ readonly owner: string } | null | undefined>
}

/** The server half as HTTP, for any framework. */
export interface Routes<Native> {
  /** Answers a request, or `undefined` for a path that is not ours. Never rejects. */
  handle(request: RouteRequest<Native>): Promise<Reply | undefined>
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
}

const EVENT_STREAM_HEADERS: ReplyHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  // `no-transform` keeps compressing middleware and proxies from holding events back.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/** How long the head waits for the provider's status, in ms: an error can still be told as one until then. */
const HEAD_MS = 5_000

type Handler<Native> = (request: RouteRequest<Native>, owner: string, id: string) => Promise<Reply>

export function createRoutes<Native>(options: RoutesOptions<Native>): Routes<Native> {
  const runs = createRunServer(options)
  const { bodyBytes } = resolveLimits(options.limits)

  async function start(request: RouteRequest<Native>, owner: string): Promise<Reply> {
    requireJson(request)
    const id = request.header(RUN_ID_HEADER)
    if (id !== undefined && !isRunId(id)) throw invalid(`Expected the header ${RUN_ID_HEADER} to be a UUID.`)
    const body = await request.body(bodyBytes)
    const asked = 'text' in body ? parseStart(body.text) : readStart(body.parsed)
    const attached = await runs.start(owner, id, asked)
    return leavingWith(
      request.signal,
      attached.viewer,
      asked.stream ? streamed(attached) : gathered(attached, owner, asked),
    )
  }

  async function gathered({ id, viewer }: Attached, owner: string, { request }: StartRequest): Promise<Reply> {
    const headers = { [RUN_ID_HEADER]: id }
    for await (const _ of viewer); // the viewer's presence is what keeps the run alive
    const run = await runs.get({ owner, id })
    const end = endOfRun(run)
    if (end === undefined) throw new ChatStreamError('truncated', 'The answer was left before it had ended.')
    const outcome = outcomeOfEnd(end, run.message)
    const error = outcomeError(outcome)
    if (error !== undefined) return errorReply(error, headers)
    return { type: 'json', status: 200, headers, body: chatCompletion(run, outcome, request.model) }
  }

  async function events(request: RouteRequest<Native>, owner: string, id: string): Promise<Reply> {
    if (request.method === 'HEAD') {
      await runs.get({ owner, id })
      return { type: 'empty', status: 200, headers: eventStreamHeaders(id) } // a viewer that leaves would mean something
    }
    const attached = await runs.attach({ owner, id }, lastEventIdOf(request))
    if (attached === undefined) return { type: 'empty', status: 204, headers: { [RUN_ID_HEADER]: id } }
    return eventsReply(attached)
  }

  async function list({ query }: RouteRequest<Native>, owner: string): Promise<Reply> {
    const thread = query.get('thread')
    if (thread === null || thread === '') throw invalid('Expected the query to name a thread: `?thread=…`.')
    return jsonReply({ object: 'list', data: await runs.list(owner, thread) })
  }

  async function models({ signal }: RouteRequest<Native>): Promise<Reply> {
    if (options.source.models === undefined) throw new ChatStreamError('not_found', 'This source lists no models.')
    return jsonReply(await options.source.models(signal))
  }

  const table: readonly (readonly [method: string, path: RegExp, handler: Handler<Native>])[] = [
    ['POST', /^\/chat\/completions\/?$/, start],
    ['GET', /^\/models\/?$/, models],
    ['GET', /^\/runs\/?$/, list],
    ['GET', /^\/runs\/([^/]+)\/?$/, async (_, owner, id) => jsonReply(await runs.get({ owner, id }))],
    ['GET', /^\/runs\/([^/]+)\/events\/?$/, events],
    ['POST', /^\/runs\/([^/]+)\/cancel\/?$/, async (_, owner, id) => jsonReply(await runs.cancel({ owner, id }), 202)],
  ]

  async function ownerOf({ native }: RouteRequest<Native>): Promise<string> {
    if (options.authorize === undefined) return ''
    const caller = await options.authorize(native)
    if (typeof caller?.owner === 'string' && caller.owner !== '') return caller.owner
    throw new ChatStreamError('unauthorized', 'Sign in first: this request names nobody.')
  }

  async function answer(request: RouteRequest<Native>): Promise<Reply | undefined> {
    const known = table.filter(([, path]) => path.test(request.path))
    if (known.length === 0) return undefined
    const asked = request.method === 'HEAD' ? 'GET' : request.method
    const found = known.find(([method]) => method === asked)
    if (found === undefined) return methodNotAllowed(known.map(([method]) => method))
    const [, path, handler] = found
    const owner = await ownerOf(request)
    const id = path.exec(request.path)?.[1] ?? ''
    if (id !== '' && !isRunId(id)) throw new ChatStreamError('not_found', 'There is no such run: its id is not a UUID.')
    return handler(request, owner, id)
  }

  return {
    async handle(request) {
      const reply = await answer(request).catch((error: unknown) => {
        if (!(error instanceof ChatStreamError)) report(options, error, null)
        return errorReply(publicError(error))
      })
      return request.method === 'HEAD' && reply !== undefined ? withoutBody(reply) : reply
    },
    shutdown: runs.shutdown,
  }
}

async function streamed(attached: Attached): Promise<Reply> {
  const error = await within(systemClock, HEAD_MS, attached.head)
  if (error === undefined) return eventsReply(attached)
  await attached.viewer.return()
  return errorReply(error, { [RUN_ID_HEADER]: attached.id })
}

function eventsReply({ id, viewer }: Attached): Reply {
  return { type: 'events', status: 200, headers: eventStreamHeaders(id), viewer }
}

function eventStreamHeaders(id: string): ReplyHeaders {
  return { ...EVENT_STREAM_HEADERS, [RUN_ID_HEADER]: id }
}

/** Takes the viewer away when its client goes before there is a reply, which makes that somebody else's to do. */
async function leavingWith(signal: AbortSignal, viewer: Viewer, reply: Promise<Reply>): Promise<Reply> {
  const leave = (): void => void viewer.return()
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    return await reply
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** The header of a reconnecting `EventSource`, unless the query says otherwise. */
function lastEventIdOf({ query, header }: RouteRequest<unknown>): number {
  const given = query.get('after') ?? header('last-event-id') ?? '0'
  const after = Number(given)
  if (/^\d{1,15}$/.test(given)) return after
  throw invalid('Expected the last event id to be a whole number.')
}

function requireJson({ header }: RouteRequest<unknown>): void {
  if (/^application\/json\s*(;|$)/i.test(header('content-type') ?? '')) return
  // Any other type could be sent by a page of another origin without asking first.
  throw new ChatStreamError('invalid_request', 'Expected Content-Type: application/json.', { status: 415 })
}

function invalid(message: string): ChatStreamError {
  return new ChatStreamError('invalid_request', message)
}

function methodNotAllowed(allowed: readonly string[]): Reply {
  const error = new ChatStreamError('invalid_request', `Expected ${allowed.join(' or ')} here.`, { status: 405 })
  return errorReply(error, { allow: allowed.join(', ') })
}
