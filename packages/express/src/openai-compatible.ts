import {
  openaiCompatible as coreOpenaiCompatible,
  type ChatSource,
  type OpenAICompatibleOptions as CoreOptions,
} from '@sluice/core/server'
import { EnvHttpProxyAgent } from 'undici'
import { createTransport, type RequestDispatcher } from './transport/transport.ts'

export interface OpenAICompatibleOptions extends CoreOptions {
  /**
   * An agent, pool or proxy of undici 7, for a proxy or a certificate of your own. Default: an `EnvHttpProxyAgent`,
   * which goes by `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. Not used where `fetch` is given.
   */
  readonly dispatcher?: RequestDispatcher
}

/**
 * A source that asks an OpenAI-compatible provider, over undici instead of the global `fetch`: less than half the memory
 * of each open stream, proxies from the environment, and no timeout but the run's own limits.
 *
 * @throws {TypeError} if `baseURL` or a proxy's address in the environment is not a URL
 */
export function openaiCompatible({ dispatcher, ...options }: OpenAICompatibleOptions): ChatSource {
  const fetch = options.fetch ?? createTransport(dispatcher ?? new EnvHttpProxyAgent())
  return coreOpenaiCompatible({ ...options, fetch })
}
