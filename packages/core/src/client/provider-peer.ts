import { ChatStreamError, toChatStreamError } from '../errors.ts'
import { providerStream } from '../http/provider-stream.ts'
import { resolveFetch } from '../http/send.ts'
import { billingAfterClose, providerOfBaseURL } from '../run/billing.ts'
import { pause, type Clock } from '../clock.ts'
import { NEVER_STARTED } from '../run/end.ts'
import { MAX_RETRIES, type ProviderRunOptions } from './options.ts'
import type { Peer, RunSink } from './peer.ts'
import { retryWaitMs } from './retry.ts'

/** A provider: one request, whose socket is the run. Closing it is the only way to stop, and the way to leave. */
export function createProviderPeer(options: ProviderRunOptions, runId: string, clock: Clock): Peer {
  const { baseURL, apiKey, model, messages, headers, body, maxRetries = MAX_RETRIES } = options
  const { sluice: _ours, ...fields } = body ?? {}
  const controller = new AbortController()
  const { signal } = controller
  let runSink: RunSink | undefined
  let refused = false

  async function read(sink: RunSink): Promise<void> {
    const batches = providerStream({
      baseURL,
      apiKey,
      headers,
      body: { stream_options: { include_usage: true }, ...fields, model, messages, stream: true },
      fetch: resolveFetch(options.fetch),
      signal,
    })
    let opened = false
    for await (const { chunks, malformed } of batches) {
      if (!opened) sink.opened()
      opened = true
      sink.alive()
      for (const { chunk } of chunks) sink.chunk(chunk)
      if (malformed > 0) sink.skipped(malformed) // last, for it may end the run, and what came is to be kept
    }
  }

  async function follow(sink: RunSink): Promise<void> {
    for (let retry = 1; ; retry += 1) {
      try {
        await read(sink)
        return sink.end('finished')
      } catch (cause) {
        if (signal.aborted) return sink.end('confirmed')
        const error = toChatStreamError(cause, 'protocol', 'The stream could not be read.')
        const wait = retryWaitMs(error, retry, maxRetries)
        if (wait === undefined) return sink.end(error.code === 'truncated' ? 'truncated' : 'error', { error })
        refused = true
        sink.retrying(wait)
        await pause(clock, wait, signal)
        refused = false
        if (signal.aborted) return
      }
    }
  }

  return {
    runId,
    rejoins: false,
    start(sink) {
      runSink = sink
      void follow(sink)
    },
    cancel(reason) {
      controller.abort(reason)
      if (refused) runSink?.end('confirmed', { told: NEVER_STARTED })
    },
    drop() {},
    close: () => controller.abort(new ChatStreamError('run_cancelled', 'The run has ended.')),
    billing: (namedInChunks) => billingAfterClose(namedInChunks ?? options.provider ?? providerOfBaseURL(baseURL)),
  }
}
