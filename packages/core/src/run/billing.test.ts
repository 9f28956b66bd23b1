import { describe, expect, it } from 'vitest'
import { billingAfterClose, cancellationSupport, providerOfBaseURL } from './billing.ts'

/** The rows of OpenRouter's page "Streaming" (read 2026-11-22), in its own spelling. */
const ROWS = {
  stops:
    'OpenAI, Azure, Anthropic, Fireworks, Mancer, Recursal, AnyScale, Lepton, OctoAI, Novita, DeepInfra, Together, ' +
    'Cohere, Hyperbolic, Infermatic, Avian, XAI, Cloudflare, SFCompute, Nineteen, Liquid, Friendli, Chutes, DeepSeek',
  continues:
    'Bedrock, Groq, Modal, Google, AI Studio, Minimax, HuggingFace, Replicate, Perplexity, Mistral, AI21, Featherless, ' +
    'Lynn, Lambda, Reflection, SambaNova, Inflection, ZeroOneAI, AionLabs, Alibaba, Nebius, Kluster, Targon, InferenceNet',
} as const

describe('cancellationSupport', () => {
  it.each(['stops', 'continues'] as const)(
    'says that billing %s for every provider of which its source does',
    (support) => {
      for (const name of ROWS[support].split(', ')) expect([name, cancellationSupport(name)]).toEqual([name, support])
    },
  )

  it('knows a name however it is written, also as chunks write it', () => {
    for (const name of ['openai', 'Open AI', 'xAI', 'DEEPSEEK', 'Together']) {
      expect(cancellationSupport(name)).toBe('stops')
    }
    for (const name of ['Google AI Studio', 'Amazon Bedrock', 'amazon-bedrock', 'Inference.net', 'Hugging Face']) {
      expect(cancellationSupport(name)).toBe('continues')
    }
  })

  it('knows nothing of anybody else', () => {
    for (const name of [undefined, '', '!', 'OhMyGPT', 'OpenRouter', 'vLLM', 'constructor', 'OpenAI Compatible', ' ']) {
      expect(cancellationSupport(name)).toBe('unknown')
    }
  })

  it('says that billing stopped only where it is known', () => {
    expect(['OpenAI', 'Groq', 'Nobody', undefined].map(billingAfterClose)).toEqual([
      'stopped',
      'continues',
      'unknown',
      'unknown',
    ])
  })
})

describe('providerOfBaseURL', () => {
  it('knows a provider by its own address, and nobody by another', () => {
    expect(providerOfBaseURL('https://api.openai.com/v1')).toBe('OpenAI')
    expect(providerOfBaseURL('https://API.GROQ.com/openai/v1')).toBe('Groq')
    const others = ['https://api.openai.com.example.org/v1', 'https://api.ohmygpt.com/v1', 'no address', '/v1', '']
    for (const url of others) expect(providerOfBaseURL(url)).toBeUndefined()
  })

  it('leads to a provider that the table knows', () => {
    for (const host of ['api.anthropic.com', 'api.x.ai', 'api.together.xyz', 'api.perplexity.ai']) {
      expect(cancellationSupport(providerOfBaseURL(`https://${host}/v1`))).not.toBe('unknown')
    }
  })
})
