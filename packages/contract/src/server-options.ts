import type { ChatSource, RoutesOptions, RunServerOptions } from '@sluice/core/server'

/** What a test asks of the server under test. */
export interface ServerOptions extends Omit<RunServerOptions, 'source'> {
  /** The provider's base URL and key, for the server's own `openaiCompatible`, unless there is a `source`. */
  readonly provider: ProviderAddress
  readonly source?: ChatSource
  /** As `authorize`, told of the request's headers. */
  readonly authorize?: (header: (name: string) => string | undefined) => { readonly owner: string } | null
}

export interface ProviderAddress {
  readonly baseURL: string
  readonly apiKey: string
}

/** The server under test, listening on a free port of the loopback. */
export interface ServerUnderTest {
  /** Where the routes are mounted, e.g. `http://127.0.0.1:4000/v1`. */
  readonly api: string
  shutdown(options?: { readonly graceMs?: number }): Promise<void>
  /** Takes no more connections; resolves when the last one has closed by itself. */
  stopListening(): Promise<void>
  /** Destroys what is open. */
  destroy(): Promise<void>
}

export type StartServer = (options: ServerOptions) => Promise<ServerUnderTest>

/**
 * The options of a test as a framework's face takes them.
 *
 * @param openaiCompatible the one that the face's package exports
 * @param readHeader reads a header of the framework's own request
 */
export function routesOptions<Native>(
  { provider, source, authorize, ...options }: ServerOptions,
  openaiCompatible: (provider: ProviderAddress) => ChatSource,
  readHeader: (request: Native, name: string) => string | undefined,
): RoutesOptions<Native> {
  return {
    ...options,
    source: source ?? openaiCompatible(provider),
    ...(authorize !== undefined && {
      authorize: (request: Native) => authorize((name) => readHeader(request, name)),
    }),
  }
}
