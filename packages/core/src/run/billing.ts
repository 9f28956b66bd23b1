import type { Cancellation } from './outcome.ts'

/**
 * Whether a provider stops working, and billing, when the socket of a stream closes: `stops`, `continues` (the complete
 * answer is billed), or `unknown`.
 */
export type CancellationSupport = 'stops' | 'continues' | 'unknown'

/**
 * Source: OpenRouter's page "Streaming", section "Stream cancellation" (read 2026-11-22), which names the providers it
 * reaches. OpenAI, Anthropic and others publish no statement of their own. The page still lists services that have
 * retired (OctoAI, AnyScale and Lepton among them): their names are kept, for a chunk may still carry them.
 */
const STOPS: readonly string[] = [
  'OpenAI',
  'Azure',
  'Anthropic',
  'Fireworks',
  'Mancer',
  'Recursal',
  'AnyScale',
  'Lepton',
  'OctoAI',
  'Novita',
  'DeepInfra',
  'Together',
  'Cohere',
  'Hyperbolic',
  'Infermatic',
  'Avian',
  'XAI',
  'Cloudflare',
  'SFCompute',
  'Nineteen',
  'Liquid',
  'Friendli',
  'Chutes',
  'DeepSeek',
]

const CONTINUES: readonly string[] = [
  'Bedrock',
  'Amazon Bedrock',
  'Groq',
  'Modal',
  'Google',
  'Google AI Studio',
  'AI Studio',
  'Minimax',
  'HuggingFace',
  'Replicate',
  'Perplexity',
  'Mistral',
  'AI21',
  'Featherless',
  'Lynn',
  'Lambda',
  'Reflection',
  'SambaNova',
  'Inflection',
  'ZeroOneAI',
  'AionLabs',
  'Alibaba',
  'Nebius',
  'Kluster',
  'Targon',
  'InferenceNet',
]

const SUPPORT: ReadonlyMap<string, CancellationSupport> = new Map([
  ...STOPS.map((name) => [plain(name), 'stops'] as const),
  ...CONTINUES.map((name) => [plain(name), 'continues'] as const),
])

/**
 * What is known of a provider by its name; case, blanks and punctuation do not matter. A gateway that hides who
 * answers (OhMyGPT stops "for supported providers" and names none) is `unknown`, as is every name not in the table.
 */
export function cancellationSupport(provider: string | undefined): CancellationSupport {
  return (provider !== undefined && SUPPORT.get(plain(provider))) || 'unknown'
}

const BILLING = { stops: 'stopped', continues: 'continues', unknown: 'unknown' } as const

/** What the closing of a provider's socket means for the bill. */
export function billingAfterClose(provider: string | undefined): Cancellation['billing'] {
  return BILLING[cancellationSupport(provider)]
}

const HOSTS: ReadonlyMap<string, string> = new Map([
  ['api.openai.com', 'OpenAI'],
  ['api.anthropic.com', 'Anthropic'],
  ['api.deepseek.com', 'DeepSeek'],
  ['api.x.ai', 'XAI'],
  ['api.groq.com', 'Groq'],
  ['api.mistral.ai', 'Mistral'],
  ['api.together.xyz', 'Together'],
  ['api.fireworks.ai', 'Fireworks'],
  ['api.deepinfra.com', 'DeepInfra'],
  ['api.perplexity.ai', 'Perplexity'],
])

/** The provider that a base URL belongs to, if it is one provider's own address. Never throws. */
export function providerOfBaseURL(baseURL: string): string | undefined {
  return URL.canParse(baseURL) ? HOSTS.get(new URL(baseURL).hostname) : undefined
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
