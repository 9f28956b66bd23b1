import type { Cancellation } from './outcome.ts'

/**
 * Whether a provider stops working, and billing, when the socket of a stream closes: `stops`, `continues` (the complete
 * answer is billed), or `unknown`.
 */
export type CancellationSupport = 'stops' | 'continues' | 'unknown'

/**
 * Source: OpenRouter, "Streaming", section on cancellation, https://openrouter.ai/docs/api_reference/streaming (read
 * 2026-11-22). It names the providers that it reaches and what their bill does when it closes its socket to them; it says
 * nothing of other ways to reach them, and OpenAI, Anthropic and others publish no statement of their own. The names are
 * written as `plain` writes them.
 */
const STOPS =
  'openai azure anthropic fireworks mancer recursal novita deepinfra together cohere hyperbolic infermatic avian xai ' +
  'cloudflare sfcompute nineteen liquid friendli chutes deepseek'

/** Retired services that the page still lists. Their names are kept, for an old record may still carry them. */
const STOPPED_WHILE_THEY_LASTED = 'anyscale lepton octoai'

/** "Amazon Bedrock" and "Google AI Studio" are the names by which chunks call Bedrock and AI Studio. */
const CONTINUES =
  'bedrock amazonbedrock groq modal google aistudio googleaistudio minimax huggingface replicate perplexity mistral ai21 ' +
  'featherless lynn lambda reflection sambanova inflection zerooneai aionlabs alibaba nebius kluster targon inferencenet'

const SUPPORT: ReadonlyMap<string, CancellationSupport> = new Map([
  ...`${STOPS} ${STOPPED_WHILE_THEY_LASTED}`.split(' ').map((name) => [name, 'stops'] as const),
  ...CONTINUES.split(' ').map((name) => [name, 'continues'] as const),
])

/**
 * What is known of a provider by its name; case, blanks and punctuation do not matter. A gateway that hides who
 * answers (OhMyGPT stops "for supported providers" and names none) is `unknown`, as is every name not in the table.
 */
export function cancellationSupport(provider: string | undefined): CancellationSupport {
  return (typeof provider === 'string' && SUPPORT.get(plain(provider))) || 'unknown'
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
  ['api.together.ai', 'Together'],
  ['generativelanguage.googleapis.com', 'Google AI Studio'],
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
