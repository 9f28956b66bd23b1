import { stringOr } from '../json.ts'
import { systemClock, type Clock } from '../clock.ts'
import { resolveTimeouts, type ProviderRunOptions } from './options.ts'
import { createProviderPeer } from './provider-peer.ts'
import { startRun, type ClientRun, type RunObserver } from './run.ts'

/** A run straight at a provider, without an iterator: for a store that is told of each delta. */
export function startProviderRun(
  options: ProviderRunOptions,
  runId: string,
  observer: RunObserver,
  clock: Clock = systemClock,
): ClientRun {
  const { messages, body, timeouts } = options
  return startRun({
    peer: createProviderPeer(options, runId, clock),
    messageId: stringOr(body?.sluice?.message, runId),
    messages,
    timeouts: resolveTimeouts('provider', timeouts),
    clock,
    observer,
  })
}
