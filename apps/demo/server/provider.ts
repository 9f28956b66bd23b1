import { createSimulator, type Simulator } from '@sluice/simulator'
import type { ProviderSettings } from './settings.ts'

/** The model API that answers. */
export interface Provider {
  readonly baseURL: string
  readonly apiKey: string | undefined
  /** For people: where the answers come from. Never holds a key. */
  readonly name: string
  /** What the page asks for. */
  readonly model: string
  readonly simulator: Simulator | null
}

export async function startProvider(settings: ProviderSettings): Promise<Provider> {
  if (settings.kind === 'remote') {
    const { baseURL, apiKey, model } = settings
    return { baseURL, apiKey, model, name: new URL(baseURL).host, simulator: null }
  }
  const { tokensPerSecond } = settings
  const simulator = await createSimulator({ tokensPerSecond })
  const name = `the built-in simulator, ${tokensPerSecond} tokens a second`
  return { baseURL: simulator.url, apiKey: undefined, model: 'simulator', name, simulator }
}
