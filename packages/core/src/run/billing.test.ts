import { describe, expect, it } from 'vitest'
import { billingAfterClose, cancellationSupport, providerOfBaseURL } from './billing.ts'

describe('cancellationSupport', () => {
  it('knows who stops and who goes on, however the name is written', () => {
    for (const name of ['OpenAI', 'openai', 'Open AI', 'xAI', 'DeepSeek', 'together']) {
      expect(cancellationSupport(name)).toBe('stops')
    }
    for (const name of ['Groq', 'Google AI Studio', 'amazon-bedrock', 'Mistral']) {
      expect(cancellationSupport(name)).toBe('continues')
    }
  })

  it('knows nothing of anybody else', () => {
    for (const name of [undefined, '', '!', 'OhMyGPT', 'OpenRouter', 'constructor', 'OpenAI Compatible']) {
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
