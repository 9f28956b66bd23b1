import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDemo, startDemo, type RunningDemo } from './testing/demo.ts'

describe('the demo’s server', () => {
  let demo: RunningDemo

  beforeAll(async () => {
    demo = await startDemo()
  })

  afterAll(() => demo?.close())

  it('tells its address and its provider', () => {
    expect(demo.terminal()).toBe(`Sluice demo: ${demo.url}\nProvider: the built-in simulator, 50 tokens a second\n`)
  })

  it('tells how it is at /healthz', async () => {
    const response = await fetch(`${demo.url}/healthz`)
    expect(await response.json()).toEqual({ ok: true, simulator: { open: 0, produced: 0, billed: 0 } })
  })

  it('serves a page that may run its own scripts alone', async () => {
    const response = await fetch(demo.url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/)
    expect(response.headers.get('x-powered-by')).toBeNull()
    expect(await response.text()).not.toMatch(/<script(?![^>]*\bsrc=)/)
  })

  it.each(['/nothing', '/assets/nothing.js', '/..%2fpackage.json'])('has nothing at %s', async (path) => {
    expect((await fetch(demo.url + path)).status).toBe(404)
  })

  it('ends in good order on Ctrl-C, also while somebody watches an answer', async () => {
    const other = await startDemo()
    const answer = await fetch(`${other.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'run-id': crypto.randomUUID() },
      body: JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: 'A long story' }] }),
    })
    expect(answer.status).toBe(200)
    const reading = answer.text().catch(() => '')
    expect(await other.close()).toBe(0)
    await reading
  })

  it('says in one sentence that its port is in use', async () => {
    const { port } = new URL(demo.url)
    expect(await runDemo({ PORT: port })).toEqual({
      code: 1,
      terminal: `Port ${port} is in use; free it, or choose another one with PORT=${Number(port) + 1}.\n`,
    })
  })

  it('sees a port in use by a server on all addresses', async () => {
    const server = createServer()
    const port = await new Promise<string>((resolve) => {
      server.listen(0, () => {
        const address = server.address()
        resolve(`${typeof address === 'object' ? (address?.port ?? '') : ''}`)
      })
    })
    expect((await runDemo({ PORT: port })).terminal).toMatch(/in use/)
    server.close()
  })

  it.each([
    [{ PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535, got "abc".'],
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535, got "65536".'],
    [{ PORT: '-1' }, 'PORT must be a whole number from 0 to 65535, got "-1".'],
    [{ SIMULATOR_TOKENS_PER_SECOND: '0' }, 'SIMULATOR_TOKENS_PER_SECOND must be a number above 0, got "0".'],
    [
      { SLUICE_BASE_URL: 'sk-in-the-wrong-place' },
      'SLUICE_BASE_URL must be an http or https address, such as https://api.ohmygpt.com/v1.',
    ],
  ])('refuses the settings %j in one sentence', async (environment, sentence) => {
    expect(await runDemo(environment)).toEqual({ code: 1, terminal: `${sentence}\n` })
  })
})
