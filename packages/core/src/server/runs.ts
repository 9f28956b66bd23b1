import { ChatStreamError } from '../errors.ts'
import { systemClock, within, type Clock } from '../clock.ts'
import { errorOfFacts } from '../run/end.ts'
import { createRunId } from '../run/run-id.ts'
import type { RunObject } from '../run/run-object.ts'
import { createAdmission } from './admission.ts'
import { resolveLimits } from './limits.ts'
import { memoryStore } from './memory-store.ts'
import type { RunServerOptions } from './options.ts'
import { startProduction, type Production } from './producer.ts'
import { report } from './report.ts'
import { fingerprintOf, questionOf, type StartRequest } from './request.ts'
import { storedObject, tombstoneObject } from './run-objects.ts'
import { storedRunWhen } from './stored-run-when.ts'
import { createAgain, nameOf, type ReadResult, type RunKey, type RunRecord, type StoredRun } from './store.ts'
import { takeOverRuns } from './take-over.ts'
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
  /** A run as it is; one that is drained is waited for. Throws `not_found`. */
  get(key: RunKey): Promise<RunObject>
  /** The runs of a thread, newest first, at most 20. */
  list(owner: string, thread: string): Promise<readonly RunObject[]>
  /**
   * Refuses new runs, gives running ones `graceMs` (default 10,000) to end, and breaks off the rest with
   * `server_shutdown`. Lets go of the viewers of other machines' runs, which can rejoin elsewhere, and of those that do not
   * read what is left for them.
   */
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
}

/** How long a cancel waits for a producer on another machine, and a shutdown for `onSettled` and for viewers, in ms. */
const PATIENCE_MS = 1_000
const SETTLE_MS = 5_000
const LEAVE_MS = 1_000

export function createRunServer(options: RunServerOptions, clock: Clock = systemClock): RunServer {
  const limits = resolveLimits(options.limits)
  const store = options.store ?? memoryStore(limits)
  const heartbeatMs = options.heartbeatMs ?? 15_000
  const admission = createAdmission(limits)
  const productions = new Map<string, Production>()
  const settling = new Set<Production>()
  const viewers = new Set<Viewer>()
  const distantViewers = new Set<Viewer>()
  const stopTakingOver = takeOverRuns(options, store)
  let closing = false

  function view(feed: EventFeed, after: number, onLeave: () => void): Viewer {
    const viewer = createViewer({
      feed,
      after,
      heartbeatMs,
      stallMs: 2 * heartbeatMs,
      clock,
      onLeave() {
        viewers.delete(viewer)
        onLeave()
      },
    })
    viewers.add(viewer)
    return viewer
  }

  function viewLocal({ run, journal, presence }: Production, after: number): Attached {
    return { id: run.record.id, viewer: view(journal.feed, after, presence.join()), head: run.head }
  }

  async function viewStored(key: RunKey, feed: EventFeed, after: number): Promise<Attached> {
    const leave = store.attend(key)
    const viewer = view(lenient(feed, key), after, () => {
      distantViewers.delete(viewer)
      leave()
    })
    distantViewers.add(viewer)
    const { lastEventId, ended } = (await store.get(key)) ?? { lastEventId: 0, ended: null }
    // An ended run whose only event is its end has delivered nothing.
    const error = lastEventId === 1 && ended?.end.status === 'failed' ? ended.end.error : undefined
    return { id: key.id, viewer, head: Promise.resolve(error && errorOfFacts(error)) }
  }

  /** A viewer whose log cannot be read is let go: it can rejoin where it can be. */
  function lenient(feed: EventFeed, { id }: RunKey): EventFeed {
    const read = async (after: number): Promise<ReadResult> => {
      try {
        return await feed.read(after)
      } catch (error) {
        report(options, error, id)
        return { type: 'unknown' }
      }
    }
    return { read, watch: feed.watch }
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
    // Somebody who comes now to watch another machine's run would have to be let go at once.
    if (closing && local === undefined && !found.ended) throw shuttingDown()
    return local === undefined ? viewStored(key, feed, after) : viewLocal(local, after)
  }

  function storedFeed(key: RunKey): EventFeed {
    return { read: (after) => store.read(key, after), watch: (callback) => store.watch(key, callback) }
  }

  async function start(owner: string, id: string | undefined, request: StartRequest): Promise<Attached> {
    const record = await recordOf(owner, id ?? createRunId(), request)
    const leave = await admit(record)
    let production: Production | undefined
    try {
      production = await createRun(record, request, id === undefined)
    } finally {
      if (production === undefined) leave()
      else void production.run.drained.then(leave)
    }
    if (production !== undefined) return viewLocal(production, 0)
    const attached = await attach(record, 0)
    if (attached === undefined) throw notFound()
    return attached
  }

  /** A new run, or `undefined` where the same request has started it before. */
  async function createRun(
    record: RunRecord,
    request: StartRequest,
    anonymous: boolean,
  ): Promise<Production | undefined> {
    // Also where the store has lost it: the run that goes on here is the run of this id.
    const local = productions.get(nameOf(record))
    const created = local === undefined ? await store.create(record) : createAgain(local.run.record, record)
    if (created.type === 'cancelled') {
      throw new ChatStreamError('run_cancelled', 'This run was cancelled before it began.')
    }
    if (created.type === 'conflict') {
      throw new ChatStreamError('run_conflict', 'This Run-Id was used for another request. Send a fresh one.')
    }
    return created.type === 'created' ? produce(record, created.fence, request, anonymous) : undefined
  }

  /** Counts a run that is being created. */
  async function admit(record: RunRecord): Promise<() => void> {
    try {
      if (closing) throw shuttingDown()
      return admission.enter(record)
    } catch (refusal) {
      // A repeated start is never refused: its client would ask again under another id, and pay twice.
      if ((await store.get(record)) === undefined) throw refusal
      return () => {}
    }
  }

  function produce(record: RunRecord, fence: string, request: StartRequest, anonymous: boolean): Production {
    const name = nameOf(record)
    const onError = (error: unknown): void => report(options, error, record.id)
    const onRecorded = (): void => void productions.delete(name)
    const onSettled = (): void => void settling.delete(production)
    const common = { server: options, store, limits, clock, onError, onRecorded, onSettled }
    const production = startProduction({ ...common, record, fence, start: request, anonymous })
    productions.set(name, production)
    if (closing) production.run.breakOff(shutDown())
    settling.add(production)
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
    const patience = answer === 'requested' ? PATIENCE_MS : 0
    const found = await storedRunWhen(({ ended }) => ended !== null, { key, store, clock, ms: patience })
    if (found === undefined) throw notFound()
    return storedObject(found, store)
  }

  async function get(key: RunKey): Promise<RunObject> {
    const local = productions.get(nameOf(key))
    if (local?.run.isDraining) await local.run.drained
    if (local !== undefined) return local.run.object(local.journal.lastId)
    const found = await storedRunWhen(isDrained, { key, store, clock, ms: options.onCancel?.drainMs ?? 0 })
    if (found === undefined) throw notFound()
    return storedObject(found, store)
  }

  async function list(owner: string, thread: string): Promise<readonly RunObject[]> {
    const found = await store.list(owner, thread)
    return Promise.all(
      found.map(async (each) => {
        const local = productions.get(nameOf(each.record))
        return local === undefined ? storedObject(each, store) : local.run.object(local.journal.lastId)
      }),
    )
  }

  async function shutdown({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    closing = true
    stopTakingOver()
    await within(clock, graceMs, Promise.all([...productions.values()].map(({ run }) => run.drained)))
    for (const { run } of productions.values()) run.breakOff(shutDown())
    for (const viewer of distantViewers) viewer.detach()
    await within(clock, SETTLE_MS, Promise.all([...settling].map(({ settled }) => settled)))
    await within(clock, LEAVE_MS, Promise.all([...viewers].map(({ left }) => left)))
    for (const viewer of viewers) viewer.detach()
  }

  return { start, attach, cancel, get, list, shutdown }
}

function isDrained({ ended }: StoredRun): boolean {
  return ended?.end.cancellation?.upstream !== 'draining'
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

function shuttingDown(): ChatStreamError {
  return new ChatStreamError('server_shutdown', 'The server is shutting down. Try again in a moment.')
}

function shutDown(): ChatStreamError {
  return new ChatStreamError('server_shutdown', 'The server was shut down before the answer had ended.')
}
