import { resolveTimeouts } from '../client/options.ts'
import { startRun } from '../client/run.ts'
import { createServerPeer } from '../client/server-peer.ts'
import { startServerRun } from '../client/server-run.ts'
import { ChatStreamError } from '../errors.ts'
import { responseError } from '../http/response-error.ts'
import { joinURL, resolveFetch, send } from '../http/send.ts'
import { isObject } from '../json.ts'
import { systemClock, type Clock } from '../clock.ts'
import { readRunObject, type RunObject } from '../run/run-object.ts'
import type { Chat, ServerChatOptions } from './chat.ts'
import type { ChatPeer, Requests } from './peer.ts'
import { createChatStore } from './store.ts'

/**
 * A chat at a Sluice server. The same as `createChat` with an `api`, without the code that a provider takes.
 * Nothing is sent, restored or joined before it is asked for.
 */
export function createServerChat<Metadata>(options: ServerChatOptions<Metadata>, clock?: Clock): Chat<Metadata>
export function createServerChat(options: ServerChatOptions, clock: Clock = systemClock): Chat {
  return createChatStore(options, serverPeer(options.api), clock)
}

function serverPeer(api: string): ChatPeer {
  return {
    start: (request, runId, observer, clock) => startServerRun({ api, ...request }, runId, observer, clock),
    rejoin: {
      find: (thread, requests) => listRuns(api, thread, requests),
      join: ({ id, lastEventId, message, input }, { headers, fetch, timeouts }, observer, clock) =>
        startRun({
          peer: createServerPeer({ api, runId: id, start: undefined, after: lastEventId, headers, fetch, clock }),
          messageId: message.id,
          messages: input,
          received: message,
          timeouts: resolveTimeouts('server', timeouts),
          clock,
          observer,
        }),
    },
  }
}

/** The runs of a thread that the server knows, newest first. Throws a `ChatStreamError`. */
async function listRuns(api: string, thread: string, { headers, fetch }: Requests): Promise<readonly RunObject[]> {
  const url = joinURL(api, `runs?thread=${encodeURIComponent(thread)}`)
  const response = await send(resolveFetch(fetch), url, { headers: { ...headers }, cache: 'no-store' }, 'The server')
  if (!response.ok) throw await responseError(response, 'The server')
  const body: unknown = await response.json().catch(() => undefined)
  if (!isObject(body) || !Array.isArray(body['data'])) {
    throw new ChatStreamError('protocol', 'Expected a list of runs; is this a Sluice server?')
  }
  const runs = body['data'].map(readRunObject).filter((run) => run !== undefined)
  // A start that was refused and sent again has left a run for each try, all with one message: the newest is the answer.
  return runs.filter(({ message }, i) => runs.findIndex((other) => other.message.id === message.id) === i)
}
