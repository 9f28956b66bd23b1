/** What the environment says. */
export interface Settings {
  /** TCP port; 0 takes a free one. */
  readonly port: number
  /** The address to listen on. */
  readonly host: string
  readonly provider: ProviderSettings
  /** What the reader of the terminal should know of the settings. */
  readonly notes: readonly string[]
}

export type ProviderSettings =
  | { readonly kind: 'simulator'; readonly tokensPerSecond: number }
  | { readonly kind: 'remote'; readonly baseURL: string; readonly apiKey: string | undefined; readonly model: string }

/** A setting that cannot be right. The message is one sentence for the person at the terminal. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

const OHMYGPT = 'https://api.ohmygpt.com/v1'

/**
 * Reads `PORT` (default 3000), `HOST` (default `127.0.0.1`: this machine alone), `OHMYGPT_API_KEY`, or `SLUICE_BASE_URL`
 * and `SLUICE_API_KEY`, `SLUICE_MODEL` (default `gpt-4o-mini`), and for the simulator `SIMULATOR_TOKENS_PER_SECOND`
 * (default 50). An empty variable is an unset one.
 *
 * @throws {SettingsError}
 */
export function readSettings(environment: Environment): Settings {
  const env = (name: string): string | undefined => environment[name]?.trim() || undefined
  const lonelyKey = env('SLUICE_API_KEY') !== undefined && env('SLUICE_BASE_URL') === undefined
  return {
    port: readPort(env('PORT')),
    host: env('HOST') ?? '127.0.0.1',
    provider: readProvider(env),
    notes: lonelyKey ? ['SLUICE_API_KEY is not used, because SLUICE_BASE_URL is not set.'] : [],
  }
}

function readPort(given = '3000'): number {
  const port = /^\d{1,5}$/.test(given) ? Number(given) : Number.NaN
  if (port <= 65_535) return port
  throw new SettingsError(`PORT must be a whole number from 0 to 65535, got ${JSON.stringify(given)}.`)
}

function readProvider(env: (name: string) => string | undefined): ProviderSettings {
  const model = env('SLUICE_MODEL') ?? 'gpt-4o-mini'
  const baseURL = env('SLUICE_BASE_URL')
  if (baseURL !== undefined) {
    return { kind: 'remote', baseURL: checkBaseURL(baseURL), apiKey: env('SLUICE_API_KEY'), model }
  }
  const apiKey = env('OHMYGPT_API_KEY')
  if (apiKey !== undefined) return { kind: 'remote', baseURL: OHMYGPT, apiKey, model }
  return { kind: 'simulator', tokensPerSecond: readRate(env('SIMULATOR_TOKENS_PER_SECOND')) }
}

function checkBaseURL(given: string): string {
  const protocol = URL.canParse(given) ? new URL(given).protocol : ''
  if (protocol === 'https:' || protocol === 'http:') return given
  // Not quoted: a key that was put into the wrong variable must not reach the terminal.
  throw new SettingsError('SLUICE_BASE_URL must be an http or https address, such as https://api.ohmygpt.com/v1.')
}

function readRate(given = '50'): number {
  const rate = Number(given)
  if (rate > 0 && rate < Infinity) return rate
  throw new SettingsError(`SIMULATOR_TOKENS_PER_SECOND must be a number above 0, got ${JSON.stringify(given)}.`)
}
