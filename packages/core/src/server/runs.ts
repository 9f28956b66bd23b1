import { ChatStreamError } from '../errors.ts'
import { pause, systemClock, within, type Clock } from '../run/clock.ts'
import { errorOfFacts } from '../run/end.ts'
import { createRunId } from '../run/run-id.ts'
import type { RunObject } from '../run/run-object.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { memoryStore } from './memory-store.ts'
import type { RunServerOptions } from './options.ts'
import { startProduction, type Production } from './producer.ts'
import { report } from './report.ts'
import { fingerprintOf, questionOf, type StartRequest } from './request.ts'
import { storedObject, tombstoneObject } from './run-objects.ts'
import { nameOf, type RunKey, type RunRecord } from './store.ts'
import { createViewer, type EventFeed, type Viewer } from './viewer.ts'

/** A viewer of a run, and when it is known whether there is anything to view. */
export interface Attached {
  readonly id: string
  readonly viewer: Viewer
  /** Resolves when the provider's head came or the run ended, with its error if it failed before any head. */
  readonly head: Promise<ChatStreamError | undefined>
}

/** The server half: it runs, keeps, shows and stops runs. Every method that fails throws a `ChatStreamError`. */
export interface RunServer {
  /**
   * Starts a run, or attaches to the one that the same request started before.
   * Throws `run_conflict`, `run_cancelled`, `rate_limited`, `server_shutdown`.
   */
  start(owner: string, id: string | undefined, request: StartRequest): Promise<Attached>
  /**
   * Joins a run behind event `after`; `undefined` when it has ended and there is nothing more to see.
   * Throws `not_found`, `resume_gap`.
   */
  attach(key: RunKey, after: number): Promise<Attached | undefined>
  /** Stops a run, also one that does not exist yet. Resolves when the source has stopped, or after 1 s. */
  cancel(key: RunKey): Promise<RunObject>
  /** Throws `not_found`. */
  get(key: RunKey): Promise<RunObject>
  /** The runs of a thread, newest first, at most 20. */
  list(owner: string, thread: string): Promise<readonly RunObject[]>
  /** Refuses new runs, gives running ones `graceMs` to end, and breaks off the rest with `server_shutdown`. */
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
}

/** How long a cancel waits for a producer on another machine, and a shutdown for `onSettled`, in ms. */
const PATIENCE_MS = 1_000
const SETTLE_MS = 5_000

export function createRunServer(options: RunServerOptions, clock: Clock = systemClock): RunServer {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const store = options.store ?? memoryStore(limits)
  const heartbeatMs = options.heartbeatMs ?? 15_000
  const productions = new Map<string, Production>()
  const settling = new Set<Promise<void>>()
  const distantViewers = new Set<Viewer>()
  let closing = false

  function view(feed: EventFeed, after: number, onLeave: () => void): Viewer {
    return createViewer({ feed, after, heartbeatMs, clock, onLeave })
  }

  function viewLocal({ run, journal, presence }: Production, after: number): Attached {
    return { id: run.record.id, viewer: view(journal.feed, after, presence.join()), head: run.head }
  }

  async function viewStored(key: RunKey, feed: EventFeed, after: number): Promise<Attached> {
    const viewer = view(feed, after, () => distantViewers.delete(viewer))
    distantViewers.add(viewer)
    const { lastEventId, ended } = (await store.get(key)) ?? { lastEventId: 0, ended: null }
    // An ended run whose only event is its end has delivered nothing.
    const error = lastEventId === 1 && ended?.end.status === 'failed' ? ended.end.error : undefined
    return { id: key.id, viewer, head: Promise.resolve(error && errorOfFacts(error)) }
  }

  async function attach(key: RunKey, after: number): Promise<Attached | undefined> {
    const local = productions.get(nameOf(key))
    const feed = local?.journal.feed ?? storedFeed(key)
    const found = await feed.read(after)
    if (found.type === 'unknown') throw notFound()
    if (found.type === 'gap') {
      throw new ChatStreamError(
        'resume_gap',
        `Event ${after + 1} is no longer kept. Take the run and join from its end.`,
      )
    }
    if (found.ended && found.events.length === 0) return undefined
    return local === undefined ? viewStored(key, feed, after) : viewLocal(local, after)
  }

  function storedFeed(key: RunKey): EventFeed {
    return { read: (after) => store.read(key, after), watch: (callback) => store.watch(key, callback) }
  }

  async function start(owner: string, id: string | undefined, request: StartRequest): Promise<Attached> {
    const record = await recordOf(owner, id ?? createRunId(), request)
    if (!productions.has(nameOf(record))) refuseTooMany(owner)
    const created = await store.create(record)
    if (created.type === 'cancelled')
      throw new ChatStreamError('run_cancelled', 'This run was cancelled before it began.')
    if (created.type === 'conflict') {
      throw new ChatStreamError('run_conflict', 'This Run-Id was used for another request. Send a fresh one.')
    }
    if (created.type === 'created') return viewLocal(produce(record, created.fence, request, id === undefined), 0)
    const attached = await attach(record, 0)
    if (attached === undefined) throw notFound()
    return attached
  }

  function refuseTooMany(owner: string): void {
    if (closing) throw new ChatStreamError('server_shutdown', 'The server is shutting down. Try again in a moment.')
    let own = 0
    for (const { run } of productions.values()) if (run.record.owner === owner) own += 1
    if (productions.size < limits.runs && own < limits.runsPerOwner) return
    const message = 'Too many answers are on their way. Wait for one to end, or stop one, and try again.'
    throw new ChatStreamError('rate_limited', message, { retryAfterMs: 5_000 })
  }

  function produce(record: RunRecord, fence: string, request: StartRequest, anonymous: boolean): Production {
    const name = nameOf(record)
    const onError = (error: unknown): void => report(options, error, record.id)
    const common = { server: options, store, limits, clock, onError }
    const production = startProduction({ ...common, record, fence, start: request, anonymous })
    productions.set(name, production)
    void production.recorded.then(() => productions.delete(name))
    settling.add(production.settled)
    void production.settled.then(() => settling.delete(production.settled))
    return production
  }

  async function cancel(key: RunKey): Promise<RunObject> {
    const local = productions.get(nameOf(key))
    if (local !== undefined) {
      await local.run.cancel('user')
      return local.run.object(local.journal.lastId)
    }
    const answer = await store.cancel(key)
    if (answer === 'tombstoned') return tombstoneObject(key)
    if (answer === 'requested') await waitForEnd(key)
    return get(key)
  }

  /** Waits until a run that is produced elsewhere has ended, but not for long. */
  async function waitForEnd(key: RunKey): Promise<void> {
    const patience = new AbortController()
    const stop = clock.after(PATIENCE_MS, () => patience.abort())
    while (!patience.signal.aborted && (await store.get(key))?.ended === null) {
      const wake = new AbortController()
      const unwatch = store.watch(key, () => wake.abort())
      await pause(clock, PATIENCE_MS / 10, wake.signal)
      unwatch()
    }
    stop()
  }

  async function get(key: RunKey): Promise<RunObject> {
    const local = productions.get(nameOf(key))
    if (local !== undefined) return local.run.object(local.journal.lastId)
    const found = await store.get(key)
    if (found === undefined) throw notFound()
    return storedObject(found, store)
  }

  async function list(owner: string, thread: string): Promise<readonly RunObject[]> {
    const found = await store.list(owner, thread)
    return Promise.all(found.map(({ record }) => get(record)))
  }

  async function shutdown({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    closing = true
    await within(clock, graceMs, Promise.all([...productions.values()].map(({ run }) => run.ended)))
    const error = new ChatStreamError('server_shutdown', 'The server was shut down before the answer had ended.')
    for (const { run } of productions.values()) run.breakOff(error)
    for (const viewer of distantViewers) void viewer.return()
    await within(clock, SETTLE_MS, Promise.all(settling))
  }

  return { start, attach, cancel, get, list, shutdown }
}

async function recordOf(owner: string, id: string, start: StartRequest): Promise<RunRecord> {
  const { sluice, request } = start
  return {
    owner,
    id,
    thread: sluice.thread ?? null,
    parent: sluice.parent ?? null,
    messageId: sluice.message ?? id,
    model: request.model,
    created: Math.floor(Date.now() / 1000),
    fingerprint: await fingerprintOf(start),
    input: questionOf(request),
  }
}

function notFound(): ChatStreamError {
  return new ChatStreamError('not_found', 'There is no such run. It may be too old to be kept.')
}
