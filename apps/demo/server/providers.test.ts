import { describe, expect, it } from 'vitest'
import { startProviders } from './providers.ts'

describe('startProviders', () => {
  it('names each provider by its host, and tells two of one name apart', async () => {
    const hosts = ['api.ohmygpt.com', 'eu.ohmygpt.com', 'localhost:8080', '127.0.0.1:4010']
    const remotes = hosts.map((host) => ({ baseURL: `https://${host}/v1`, apiKey: 'sk-1', model: 'm' }))
    const { list, simulator } = await startProviders({ kind: 'remote', remotes })
    expect(list.map(({ slug }) => slug)).toEqual(['ohmygpt', 'ohmygpt-2', 'localhost', '127-0-0-1-4010'])
    expect(list.map(({ name }) => name)).toEqual(hosts)
    expect(simulator).toBeNull()
  })
})
