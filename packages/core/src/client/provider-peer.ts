import { ChatStreamError, toChatStreamError } from '../errors.ts'
import { providerStream } from '../http/provider-stream.ts'
import { resolveFetch } from '../http/send.ts'
import { billingAfterClose, providerOfBaseURL } from '../run/billing.ts'
import type { ProviderRunOptions } from './options.ts'
import type { Peer, RunSink } from './peer.ts'

/** A provider: one request, whose socket is the run. Closing it is the only way to stop, and the way to leave. */
export function createProviderPeer(options: ProviderRunOptions): Peer {
  const { baseURL, apiKey, model, messages, headers, body } = options
  const { sluice: _ours, ...fields } = body ?? {}
  const controller = new AbortController()

  async function follow(sink: RunSink): Promise<void> {
    const batches = providerStream({
      baseURL,
      apiKey,
      headers,
      body: { stream_options: { include_usage: true }, ...fields, model, messages, stream: true },
      fetch: resolveFetch(options.fetch),
      signal: controller.signal,
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

  return {
    rejoins: false,
    start(sink) {
      follow(sink).then(
        () => sink.end('finished'),
        (cause: unknown) => {
          if (controller.signal.aborted) return sink.end('confirmed')
          const error = toChatStreamError(cause, 'protocol', 'The stream could not be read.')
          sink.end(error.code === 'truncated' ? 'truncated' : 'error', { error })
        },
      )
    },
    cancel: (reason) => controller.abort(reason),
    drop: (error) => controller.abort(error),
    close: () => controller.abort(new ChatStreamError('run_cancelled', 'The run has ended.')),
    billing: (namedInChunks) => billingAfterClose(namedInChunks ?? options.provider ?? providerOfBaseURL(baseURL)),
  }
}
