/** What the environment says. */
export interface Settings {
  /** TCP port; 0 takes a free one. */
  readonly port: number
  /** The address to listen on. */
  readonly host: string
  readonly provider: ProviderSettings
  /** The file of the conversations; `undefined`: the demo's own. */
  readonly threadsFile: string | undefined
  /** `redis://` address of what several instances share; `undefined`: this process alone. */
  readonly redisUrl: string | undefined
  /** What the reader of the terminal should know of the settings. */
  readonly notes: readonly string[]
}

export type ProviderSettings =
  /** `url`: the base URL of one that runs already; `undefined`: the demo starts its own. */
  | { readonly kind: 'simulator'; readonly url: string | undefined; readonly tokensPerSecond: number }
  /** At least one; the first one is asked unless a model of another is chosen. */
  | { readonly kind: 'remote'; readonly remotes: readonly RemoteSettings[] }

export interface RemoteSettings {
  readonly baseURL: string
  readonly apiKey: string | undefined
  /** What the page asks for unless another one is chosen. */
  readonly model: string
}

/** A setting that cannot be right. The message is one sentence for the person at the terminal. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>
type Read = (name: string) => string | undefined

const OHMYGPT = 'https://api.ohmygpt.com/v1'
const DEFAULT_MODEL = 'gpt-4o-mini'

/** What follows the names of a second, third … provider of one's own. */
const SUFFIXES = ['', ...Array.from({ length: 8 }, (_, i) => `_${i + 2}`)]

/**
 * Reads `PORT` (default 3000), `HOST` (default `127.0.0.1`: this machine alone), `THREADS_FILE`, `REDIS_URL`; the
 * providers, `SLUICE_BASE_URL`, `SLUICE_API_KEY` and `SLUICE_MODEL` (default `gpt-4o-mini`), the same with `_2` to `_9`
 * for more of them, and `OHMYGPT_API_KEY`; and for the simulator, which answers where no provider is named,
 * `SIMULATOR_TOKENS_PER_SECOND` (default 50), or the `SIMULATOR_URL` of one that several instances share. An empty
 * variable is an unset one.
 *
 * @throws {SettingsError}
 */
export function readSettings(environment: Environment): Settings {
  const env: Read = (name) => environment[name]?.trim() || undefined
  const lonely = SUFFIXES.filter((suffix) => env(`SLUICE_API_KEY${suffix}`) && !env(`SLUICE_BASE_URL${suffix}`))
  return {
    port: readPort(env('PORT')),
    host: env('HOST') ?? '127.0.0.1',
    provider: readProvider(env),
    threadsFile: env('THREADS_FILE'),
    redisUrl: readRedisUrl(env('REDIS_URL')),
    notes: lonely.map((suffix) => `SLUICE_API_KEY${suffix} is not used, because SLUICE_BASE_URL${suffix} is not set.`),
  }
}

function readPort(given = '3000'): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
  if (port <= 65_535) return port
  throw new SettingsError(`PORT must be a whole number from 0 to 65535, got ${JSON.stringify(given)}.`)
}

function readProvider(env: Read): ProviderSettings {
  const own = SUFFIXES.flatMap((suffix) => readRemote(env, suffix))
  const apiKey = env('OHMYGPT_API_KEY')
  const ohmygpt = { baseURL: OHMYGPT, apiKey, model: env('SLUICE_MODEL') ?? DEFAULT_MODEL }
  const remotes = apiKey === undefined ? own : [...own, ohmygpt]
  if (remotes.length > 0) return { kind: 'remote', remotes }
  const url = env('SIMULATOR_URL')
  if (url !== undefined && !hasProtocol(url, ['http:'])) {
    throw new SettingsError('SIMULATOR_URL must be an http address, such as http://127.0.0.1:4010/v1.')
  }
  return { kind: 'simulator', url, tokensPerSecond: readRate(env('SIMULATOR_TOKENS_PER_SECOND')) }
}

function readRemote(env: Read, suffix: string): readonly RemoteSettings[] {
  const name = `SLUICE_BASE_URL${suffix}`
  const baseURL = env(name)
  if (baseURL === undefined) return []
  if (!hasProtocol(baseURL, ['https:', 'http:'])) {
    // Not quoted: a key that was put into the wrong variable must not reach the terminal.
    throw new SettingsError(`${name} must be an http or https address, such as https://api.ohmygpt.com/v1.`)
  }
  return [{ baseURL, apiKey: env(`SLUICE_API_KEY${suffix}`), model: env(`SLUICE_MODEL${suffix}`) ?? DEFAULT_MODEL }]
}

function readRedisUrl(given: string | undefined): string | undefined {
  if (given === undefined || hasProtocol(given, ['redis:', 'rediss:', 'unix:'])) return given
  throw new SettingsError('REDIS_URL must be a redis or rediss address, such as redis://127.0.0.1:6379.')
}

function hasProtocol(given: string, protocols: readonly string[]): boolean {
  return URL.canParse(given) && protocols.includes(new URL(given).protocol)
}

function readRate(given = '50'): number {
  const rate = Number(given)
  if (rate > 0 && rate < Infinity) return rate
  throw new SettingsError(`SIMULATOR_TOKENS_PER_SECOND must be a number above 0, got ${JSON.stringify(given)}.`)
}
