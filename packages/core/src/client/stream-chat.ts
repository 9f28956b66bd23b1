import { ChatStreamError } from '../errors.ts'
import type { ChatDelta } from '../message/chunk.ts'
import { systemClock, type Clock } from '../clock.ts'
import { outcomeError, type RunOutcome } from '../run/outcome.ts'
import { isRunEnd, type RunState } from '../run/state.ts'
import { createRunId, isRunId } from '../run/run-id.ts'
import { createDeltaQueue } from './delta-queue.ts'
import type { StreamChatOptions } from './options.ts'
import { startProviderRun } from './provider-run.ts'
import type { ClientRun, RunObserver } from './run.ts'
import { startServerRun } from './server-run.ts'

/** One answer on its way. It goes on whether or not somebody iterates; deltas wait for their reader. */
export interface ChatRun extends AsyncIterable<ChatDelta> {
  /**
   * A UUID: the run's name at a Sluice server. A server that refuses a start has spent the name, so a retry (see
   * `maxRetries`) takes a fresh one; this is always the newest. Once `state` has left `submitted` it stays.
   */
  readonly id: string
  readonly state: RunState
  /** The text so far. Frozen from the instant of `cancel()`. */
  readonly text: string
  /** How the run ended. Never rejects. */
  readonly outcome: Promise<RunOutcome>
  /**
   * Stops the run for everybody, in every state, as often as you like. Resolves with the outcome when the other end has
   * stopped, or at the latest after `timeouts.cancelMs`; never rejects.
   */
  cancel(reason?: unknown): Promise<RunOutcome>
  /** Leaves without stopping. Straight at a provider the socket is the run, so it ends there all the same. */
  detach(): void
  /**
   * The deltas, each once, for one reader. Ends quietly when the run completed, or was cancelled from here (`cancel()`,
   * `break`, `signal`) or detached; otherwise throws the `ChatStreamError`, `run_cancelled` if somebody else stopped it,
   * so that half an answer is not taken for a whole one. `break` cancels; call `detach()` first to let the run go on.
   */
  [Symbol.asyncIterator](): AsyncIterator<ChatDelta, undefined>
}

/**
 * Asks a provider (`baseURL`) or a Sluice server (`api`) for one streamed answer.
 *
 * @throws {ChatStreamError} `invalid_request` at once for options that can't be right; never later: see `outcome`
 * @throws {TypeError} for a timeout that is no number of at least 0
 */
export function streamChat(options: StreamChatOptions): ChatRun {
  const queue = createDeltaQueue()
  const run = startChatRun(options, resolveRunId(options.runId), {
    onDelta: queue.push,
    onEnd: (outcome) => queue.end(loopError(outcome)),
  })

  function cancel(reason?: unknown): Promise<RunOutcome> {
    if (!isRunEnd(run.state)) queue.stop()
    return run.cancel(reason)
  }

  cancelOnAbort(options.signal, run, cancel)
  return {
    get id() {
      return run.id
    },
    get state() {
      return run.state
    },
    get text() {
      return run.text
    },
    outcome: run.outcome,
    cancel,
    detach: run.detach,
    [Symbol.asyncIterator]: () => queue.iterate(cancel),
  }
}

/** A run without an iterator, for a store that is told of each delta. */
export function startChatRun(
  options: StreamChatOptions,
  runId: string,
  observer: RunObserver,
  clock: Clock = systemClock,
): ClientRun {
  if (typeof (options.api ?? options.baseURL) !== 'string') {
    throw new ChatStreamError('invalid_request', 'Expected `api`, a Sluice server, or `baseURL`, a provider.')
  }
  return options.api === undefined
    ? startProviderRun(options, runId, observer, clock)
    : startServerRun(options, runId, observer, clock)
}

/** The id that a user gave, if it can name a run, or a fresh one. */
function resolveRunId(given: string | undefined): string {
  if (given === undefined) return createRunId()
  if (isRunId(given)) return given
  throw new ChatStreamError('invalid_request', `Expected runId to be a UUID, got ${JSON.stringify(given)}.`)
}

function cancelOnAbort(signal: AbortSignal | undefined, run: ClientRun, cancel: (reason: unknown) => unknown): void {
  if (signal === undefined) return
  if (signal.aborted) return void cancel(signal.reason)
  const onAbort = (): void => void cancel(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  void run.outcome.then(() => signal.removeEventListener('abort', onAbort))
}

function loopError(outcome: RunOutcome): ChatStreamError | undefined {
  if (outcome.status !== 'cancelled') return outcomeError(outcome)
  return new ChatStreamError('run_cancelled', 'Somebody else stopped this run; its text is not the whole answer.')
}
