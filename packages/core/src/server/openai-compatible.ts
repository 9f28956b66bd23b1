import { ChatStreamError } from '../errors.ts'
import { providerHeaders, providerStream } from '../http/provider-stream.ts'
import { responseError } from '../http/response-error.ts'
import { joinURL, resolveFetch, send, type Fetch } from '../http/send.ts'
import { isObject } from '../json.ts'
import { providerOfBaseURL } from '../run/billing.ts'
import type { ChatSource } from './source.ts'

export interface OpenAICompatibleOptions {
  /** E.g. `https://api.ohmygpt.com/v1`. */
  readonly baseURL: string
  /** Sent as a bearer token, and nowhere else. */
  readonly apiKey?: string | undefined
  /** More headers for the provider. Nothing of a viewer's request is forwarded. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default `globalThis.fetch`. */
  readonly fetch?: Fetch
  /** Who answers, for the billing of stopped runs. Default: what the chunks or the base URL tell. */
  readonly provider?: string
  /** Whether to ask for the provider's token count (`stream_options.include_usage`). Default true. */
  readonly includeUsage?: boolean
}

/**
 * A source that asks an OpenAI-compatible provider. Its errors are Sluice's own words: a provider's body may hold
 * secrets and goes nowhere.
 *
 * @throws {TypeError} if `baseURL` is not a URL
 */
export function openaiCompatible(options: OpenAICompatibleOptions): ChatSource {
  const { baseURL, apiKey, headers } = options
  if (!URL.canParse(baseURL)) throw new TypeError(`Expected baseURL to be a URL, got ${JSON.stringify(baseURL)}.`)
  const fetch = resolveFetch(options.fetch)
  const provider = options.provider ?? providerOfBaseURL(baseURL)

  const source: ChatSource = (request, { signal, eventBytes }) => {
    const asked = isObject(request['stream_options']) ? request['stream_options'] : {}
    const usage = options.includeUsage === false ? asked : { ...asked, include_usage: true }
    const body = { ...request, stream: true, ...(Object.keys(usage).length > 0 && { stream_options: usage }) }
    return providerStream({ baseURL, apiKey, headers, body, fetch, signal, maxEventLength: eventBytes })
  }

  async function models(signal: AbortSignal): Promise<unknown> {
    const init = { headers: providerHeaders(options, 'application/json'), signal }
    const response = await send(fetch, joinURL(baseURL, 'models'), init, 'The provider')
    if (!response.ok) throw await responseError(response, 'The provider')
    return response.json().catch((cause: unknown) => {
      throw new ChatStreamError('protocol', 'Expected the provider to list its models as JSON.', { cause })
    })
  }

  return Object.assign(source, { models, ...(provider !== undefined && { provider }) })
}
