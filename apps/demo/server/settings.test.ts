import { describe, expect, it } from 'vitest'
import { readSettings } from './settings.ts'

describe('readSettings', () => {
  it('needs nothing: the simulator answers, on port 3000 of this machine', () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      host: '127.0.0.1',
      provider: { kind: 'simulator', url: undefined, tokensPerSecond: 50 },
      threadsFile: undefined,
      redisUrl: undefined,
      notes: [],
    })
  })

  it('takes an empty variable for an unset one', () => {
    expect(readSettings({ PORT: '', OHMYGPT_API_KEY: ' ', SLUICE_BASE_URL: '' })).toEqual(readSettings({}))
  })

  it('talks to OhMyGPT with its key', () => {
    expect(readSettings({ OHMYGPT_API_KEY: 'sk-1' }).provider).toEqual({
      kind: 'remote',
      remotes: [{ baseURL: 'https://api.ohmygpt.com/v1', apiKey: 'sk-1', model: 'gpt-4o-mini' }],
    })
  })

  it('takes several providers, those of a base URL first; one of them may need no key', () => {
    const environment = {
      OHMYGPT_API_KEY: 'sk-1',
      SLUICE_BASE_URL: 'http://127.0.0.1:8080/v1',
      SLUICE_MODEL: 'llama',
      SLUICE_BASE_URL_2: 'https://models.example/v1',
      SLUICE_API_KEY_2: 'sk-2',
    }
    expect(readSettings(environment).provider).toEqual({
      kind: 'remote',
      remotes: [
        { baseURL: 'http://127.0.0.1:8080/v1', apiKey: undefined, model: 'llama' },
        { baseURL: 'https://models.example/v1', apiKey: 'sk-2', model: 'gpt-4o-mini' },
        { baseURL: 'https://api.ohmygpt.com/v1', apiKey: 'sk-1', model: 'llama' },
      ],
    })
  })

  it('refuses a Redis that is no address', () => {
    expect(() => readSettings({ REDIS_URL: 'localhost:6379' })).toThrow(/^REDIS_URL must be a redis or rediss address/)
  })

  it('notes a key that nobody uses', () => {
    const { provider, notes } = readSettings({ SLUICE_API_KEY: 'sk-2' })
    expect(provider.kind).toBe('simulator')
    expect(notes).toEqual(['SLUICE_API_KEY is not used, because SLUICE_BASE_URL is not set.'])
  })
})
