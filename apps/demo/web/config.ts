/** What the server tells of itself. It never tells a key. */
export interface Config {
  /** Where the answers come from, for people. */
  readonly provider: string
  readonly model: string
  /** Whether `GET /simulator` shows the provider's own books. */
  readonly simulator: boolean
}

/** `null` if the server did not answer as it should. */
export async function loadConfig(): Promise<Config | null> {
  try {
    const response = await fetch('/config')
    const config: unknown = await response.json()
    return isConfig(config) ? config : null
  } catch {
    return null
  }
}

function isConfig(value: unknown): value is Config {
  if (typeof value !== 'object' || value === null) return false
  return 'provider' in value && 'model' in value && 'simulator' in value
}
