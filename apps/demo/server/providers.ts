import { createSimulator } from '@sluice/simulator'
import type { ProviderSettings } from './settings.ts'

type SimulatorSettings = Extract<ProviderSettings, { kind: 'simulator' }>

/** A model API that answers. */
export interface Provider {
  /** What stands before its models where there are several providers. */
  readonly slug: string
  readonly baseURL: string
  readonly apiKey: string | undefined
  /** For people: where the answers come from. Never holds a key. */
  readonly name: string
  /** What the page asks for unless another one is chosen. */
  readonly model: string
}

export interface Providers {
  /** At least one; the first one is the default. */
  readonly list: readonly [Provider, ...Provider[]]
  /** Where the built-in simulator answers, its base URL; `null` where real providers do. */
  readonly simulator: string | null
  close(): Promise<void>
}

export async function startProviders(settings: ProviderSettings): Promise<Providers> {
  if (settings.kind === 'simulator') return startSimulator(settings)
  const slugs = new Set<string>()
  const list = settings.remotes.map((remote) => {
    const { host } = new URL(remote.baseURL)
    return { ...remote, name: host, slug: freeSlug(host, slugs) }
  })
  const [first, ...others] = list
  if (first === undefined) throw new TypeError('Expected at least one provider.')
  return { list: [first, ...others], simulator: null, close: async () => {} }
}

async function startSimulator({ url, tokensPerSecond }: SimulatorSettings): Promise<Providers> {
  const own = url === undefined ? await createSimulator({ tokensPerSecond }) : null
  const baseURL = own?.url ?? url ?? ''
  const name = `the built-in simulator, ${tokensPerSecond} tokens a second`
  return {
    list: [{ slug: 'simulator', baseURL, apiKey: undefined, model: 'simulator', name }],
    simulator: baseURL,
    close: async () => own?.close(),
  }
}

/** `api.ohmygpt.com` is `ohmygpt`; a second one of that name is `ohmygpt-2`. */
function freeSlug(host: string, taken: Set<string>): string {
  const labels = host.replace(/:\d+$/, '').split('.')
  const name = /^[\d.]+$/.test(host.replace(/:\d+$/, '')) ? host : (labels.at(-2) ?? labels[0] ?? host)
  const slug = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const free = [slug, ...Array.from({ length: 9 }, (_, i) => `${slug}-${i + 2}`)].find((each) => !taken.has(each))
  taken.add(free ?? slug)
  return free ?? slug
}
