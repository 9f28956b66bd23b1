import { createServerPeer } from '../client/server-peer.ts'
import { resolveTimeouts } from '../client/options.ts'
import { startRun, type ClientRun, type RunObserver } from '../client/run.ts'
import { ChatStreamError } from '../errors.ts'
import { responseError } from '../http/response-error.ts'
import { joinURL, resolveFetch, send, type Fetch } from '../http/send.ts'
import { isObject } from '../json.ts'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import type { Clock } from '../run/clock.ts'
import { createRunId } from '../run/run-id.ts'
import { endOfRun, readRunObject, type RunObject } from '../run/run-object.ts'
import { isRunEnd } from '../run/state.ts'
import { messageOutcome, questionsOfInput, type AnswerMessage, type ChatMessage } from './message.ts'

/** A thread as the server and the saved messages tell it together. */
export interface FoundRun {
  readonly messages: readonly ChatMessage[]
  /** Joins the answer that is still running; absent when none is. */
  readonly join?: (observer: RunObserver, clock: Clock) => ClientRun
}

interface Requests {
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: Fetch
}

/**
 * Asks a Sluice server for the runs of a thread, and brings what it knows into the known messages: answers that ended
 * while nobody watched, questions that were never saved, and the newest running answer. Throws a `ChatStreamError`.
 */
export async function findRuns(
  api: string,
  thread: string,
  known: readonly ChatMessage[],
  { headers, fetch }: Requests,
): Promise<FoundRun> {
  const runs = await listRuns(api, thread, headers, resolveFetch(fetch))
  const messages = runs
    .reduceRight(adoptRun, known) // oldest first
    .map((message) => (runs.some((run) => run.message.id === message.id) ? message : settleUnknown(message)))
  const live = runs.find(({ status }) => !isRunEnd(status))
  if (live === undefined) return { messages }
  const peer = { api, runId: live.id, start: undefined, after: live.lastEventId, headers, fetch }
  return {
    messages,
    join: (observer, clock) =>
      startRun({
        peer: createServerPeer({ ...peer, clock }),
        messageId: live.message.id,
        messages: live.input,
        received: live.message,
        timeouts: resolveTimeouts('server'),
        clock,
        observer,
      }),
  }
}

async function listRuns(
  api: string,
  thread: string,
  headers: Readonly<Record<string, string>> | undefined,
  fetch: Fetch,
): Promise<readonly RunObject[]> {
  const url = joinURL(api, `runs?thread=${encodeURIComponent(thread)}`)
  const response = await send(fetch, url, { headers: { ...headers }, cache: 'no-store' }, 'The server')
  if (!response.ok) throw await responseError(response, 'The server')
  const body: unknown = await response.json().catch(() => undefined)
  if (!isObject(body) || !Array.isArray(body['data'])) {
    throw new ChatStreamError('protocol', 'Expected a list of runs; is this a Sluice server?')
  }
  return body['data'].map(readRunObject).filter((run) => run !== undefined)
}

/** Brings one run into the messages, unless they hold its ended answer already. */
function adoptRun(messages: readonly ChatMessage[], run: RunObject): readonly ChatMessage[] {
  const answer: AnswerMessage = { ...run.message, outcome: messageOutcome(endOfRun(run), run.message) }
  const known = messages.find(({ id }) => id === answer.id)
  if (known !== undefined) {
    if (known.role !== 'assistant' || (known.outcome !== null && !('detached' in known.outcome))) return messages
    return messages.map((message) => (message === known ? answer : message))
  }
  const asked = run.parent !== null && messages.some(({ id }) => id === run.parent)
  return [...messages, ...(asked ? [] : questionsOfInput(run.input, run.parent, createRunId)), answer]
}

/** An answer that was live when it was saved, and that the server no longer knows, has no end that anybody saw. */
function settleUnknown(message: ChatMessage): ChatMessage {
  if (message.role !== 'assistant' || message.outcome !== null) return message
  const error = new ChatStreamError('producer_lost', 'The server no longer knows this answer; what came of it is here.')
  return {
    ...message,
    outcome: { status: 'incomplete', error, finishReason: null, usage: UNKNOWN_USAGE, skippedChunks: 0 },
  }
}
