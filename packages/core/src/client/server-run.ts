import { encodeBody } from '../http/send.ts'
import { stringOr } from '../json.ts'
import { systemClock, type Clock } from '../clock.ts'
import { resolveTimeouts, type ServerRunOptions } from './options.ts'
import { startRun, type ClientRun, type RunObserver } from './run.ts'
import { createServerPeer } from './server-peer.ts'

/** A run at a Sluice server, without an iterator: for a store that is told of each delta. */
export function startServerRun(
  options: ServerRunOptions,
  runId: string,
  observer: RunObserver,
  clock: Clock = systemClock,
): ClientRun {
  const { api, model, messages, headers, fetch, body, timeouts, maxRetries } = options
  const start = encodeBody({ ...body, model, messages, stream: true })
  return startRun({
    peer: createServerPeer({ api, runId, start, after: 0, headers, fetch, clock, maxRetries }),
    messageId: stringOr(body?.sluice?.message, runId),
    messages,
    timeouts: resolveTimeouts('server', timeouts),
    clock,
    observer,
  })
}
