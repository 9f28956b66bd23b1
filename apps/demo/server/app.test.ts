import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSimulator, type Simulator, type SimulatorOptions } from '@sluice/simulator'
import { afterEach, describe, expect, it } from 'vitest'
import { createDemo, type Demo } from './app.ts'
import { listen } from './listen.ts'
import type { Provider, Providers } from './providers.ts'
import { openThreadStore } from './threads/thread-store.ts'

const THREAD = 'a-thread-of-the-test'

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator({ tokensPerSecond: Infinity, firstTokenMs: 0, ...options })
  open.push(() => simulator.close())
  return simulator
}

function providerOf({ url }: Simulator, slug = 'one', model = 'm'): Provider {
  return { slug, baseURL: url, apiKey: undefined, name: slug, model }
}

async function startDemo(list: Providers['list'], simulator: string | null = null): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'demo-'))
  const threads = await openThreadStore(join(directory, 'threads.db'))
  const demo = createDemo({ providers: { list, simulator, close: async () => {} }, threads, page: directory })
  const server = createServer(demo.app)
  open.push(() => closeDemo(demo, server, directory))
  return listen(server, 0, '127.0.0.1')
}

async function closeDemo(demo: Demo, server: Server, directory: string): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  await demo.close(0)
  server.closeAllConnections()
  await closed
  rmSync(directory, { recursive: true })
}

interface Question {
  readonly id?: string
  readonly answer?: string
  readonly content?: unknown
  readonly model?: string
  readonly demo?: object
  readonly thread?: string
  readonly messages?: readonly unknown[]
}

/** Starts an answer as the page does; its body is the event stream. */
function ask(
  url: string,
  { id = 'q1', answer = 'a1', content = 'Hello', thread = THREAD, messages, ...body }: Question,
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'run-id': crypto.randomUUID() },
    body: JSON.stringify({
      model: 'm',
      stream: true,
      messages: messages ?? [{ role: 'user', content }],
      sluice: { thread, parent: id, message: answer },
      ...body,
    }),
  })
}

async function savedMessages(url: string): Promise<readonly Record<string, unknown>[]> {
  const { messages } = await (await fetch(`${url}/threads/${THREAD}`)).json()
  return messages
}

/** Waits until an answer has its outcome in the file: it is saved when its run has ended, which its reader may hear first. */
async function settledMessages(url: string): Promise<readonly Record<string, unknown>[]> {
  const messages = await savedMessages(url)
  if (messages.every(({ role, outcome }) => role !== 'assistant' || outcome !== null)) return messages
  await new Promise((resolve) => setTimeout(resolve, 5))
  return settledMessages(url)
}

describe('the demo’s conversations', () => {
  it('hold the question before the answer begins, and the answer once it has ended', async () => {
    const simulator = await simulate({ answer: () => 'A gate.', firstTokenMs: 300 })
    const url = await startDemo([providerOf(simulator)])
    const asked = ask(url, { content: 'What is a sluice?' })
    while (simulator.stats.open === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await savedMessages(url)).toMatchObject([
      { id: 'q1', role: 'user', text: 'What is a sluice?', parentId: null },
      { id: 'a1', role: 'assistant', text: '', parentId: 'q1', outcome: null },
    ])
    await (await asked).text()
    expect((await settledMessages(url)).at(1)).toMatchObject({
      id: 'a1',
      text: 'A gate.',
      parentId: 'q1',
      outcome: { status: 'completed', usage: { source: 'provider' } },
    })
    const { threads } = await (await fetch(`${url}/threads`)).json()
    expect(threads).toMatchObject([{ id: THREAD, title: 'What is a sluice?' }])
  })

  it('hold what was delivered of an answer that was stopped', async () => {
    const simulator = await simulate({ tokensPerSecond: 100 })
    const url = await startDemo([providerOf(simulator)])
    const response = await ask(url, { content: 'A long story' })
    const run = response.headers.get('run-id')
    while (simulator.stats.produced < 5) await new Promise((resolve) => setTimeout(resolve, 5))
    await fetch(`${url}/v1/runs/${run}/cancel`, { method: 'POST' })
    await response.text()
    expect((await settledMessages(url)).at(1)).toMatchObject({
      text: expect.stringMatching(/\S/),
      outcome: { status: 'cancelled', cancellation: { requestedBy: 'user', upstream: 'closed' } },
    })
  })

  it('keep pictures, tool outputs and branches where they belong', async () => {
    const url = await startDemo([providerOf(await simulate())])
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
    await (await ask(url, { content: [picture, { type: 'text', text: 'What is this?' }] })).text()
    await (await ask(url, { id: 'q2', answer: 'a2', content: 'Again', demo: { before: 'a1' } })).text()
    const [first, , second] = await settledMessages(url)
    expect(first).toMatchObject({
      text: 'What is this?',
      parts: [{ type: 'file', url: picture.image_url.url, mediaType: 'image/png' }, { type: 'text' }],
    })
    expect(second).toMatchObject({ id: 'q2', parentId: 'a1' })
  })

  it('write a tool’s output into the call that it answers', async () => {
    const url = await startDemo([providerOf(await simulate({ scenario: 'tool-calls' }))])
    await (await ask(url, {})).text()
    const [, called] = await settledMessages(url)
    const calls = [1, 2].map((n) => ({ type: 'tool-call', id: `call_simulated_${n}`, name: 'look_up' }))
    expect(called).toMatchObject({ id: 'a1', text: '', parts: calls })
    const messages = [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        tool_calls: calls.map(({ id, name }) => ({ id, type: 'function', function: { name, arguments: '{}' } })),
      },
      { role: 'tool', tool_call_id: 'call_simulated_1', content: 'noon' },
      { role: 'tool', tool_call_id: 'call_simulated_2', content: 'midnight' },
    ]
    await (await ask(url, { id: 'a1', answer: 'a2', messages })).text()
    expect(await settledMessages(url)).toMatchObject([
      { id: 'q1', parentId: null },
      { id: 'a1', parentId: 'q1', parts: [{ output: 'noon' }, { output: 'midnight' }] },
      { id: 'a2', parentId: 'a1', text: expect.stringMatching(/\S/) },
    ])
  })

  it('are kept under the ids alone that the page gives them', async () => {
    const url = await startDemo([providerOf(await simulate())])
    await (await ask(url, { thread: '../x' })).text()
    expect(await (await fetch(`${url}/threads`)).json()).toEqual({ threads: [] })
  })

  it('say in one sentence that there can be none, or that a title is no title', async () => {
    const url = await startDemo([providerOf(await simulate())])
    expect(await (await fetch(`${url}/threads/${THREAD}`)).json()).toEqual({
      exists: false,
      messages: [],
      selected: null,
    })
    const response = await fetch(`${url}/threads/..%2f..%2fpasswd-passwd-passwd`)
    expect([response.status, (await response.json()).error.message]).toEqual([
      404,
      expect.stringMatching(/^There is no .*\. /),
    ])
    const renamed = await fetch(`${url}/threads/${THREAD}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: '{"title":" "}',
    })
    expect([renamed.status, (await renamed.json()).error.message]).toEqual([
      400,
      expect.stringMatching(/^Expected a title/),
    ])
  })

  it('can be renamed and deleted', async () => {
    const url = await startDemo([providerOf(await simulate())])
    await (await ask(url, {})).text()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ title: 'Gates' })
    expect((await fetch(`${url}/threads/${THREAD}`, { method: 'PATCH', headers, body })).status).toBe(204)
    expect(await (await fetch(`${url}/threads`)).json()).toMatchObject({ threads: [{ title: 'Gates' }] })
    expect((await fetch(`${url}/threads/${THREAD}`, { method: 'DELETE' })).status).toBe(204)
    expect(await (await fetch(`${url}/threads/${THREAD}`)).json()).toMatchObject({ exists: false })
    expect(await (await fetch(`${url}/v1/runs?thread=${THREAD}`)).json()).toEqual({ object: 'list', data: [] })
  })
})

describe('the demo’s providers', () => {
  const echo: SimulatorOptions = { answer: ({ body }) => JSON.stringify(body) }

  async function answerOf(response: Response): Promise<string> {
    const events = (await response.text()).matchAll(/^data: (\{.*)$/gm)
    return [...events].map(([, chunk]) => JSON.parse(chunk ?? '').choices[0]?.delta.content ?? '').join('')
  }

  it('never see what the page tells this server alone', async () => {
    const url = await startDemo([providerOf(await simulate(echo))])
    const body = await answerOf(await ask(url, { model: 'any', demo: { before: 'x' } }))
    expect(JSON.parse(body)).toMatchObject({ model: 'any', messages: [{ role: 'user', content: 'Hello' }] })
    expect(body).not.toMatch(/demo|sluice|before/)
  })

  it('are chosen by the model’s name, and list their models together', async () => {
    const [one, two] = [await simulate(echo), await simulate(echo)]
    const url = await startDemo([providerOf(one), providerOf(two, 'two')])
    expect(JSON.parse(await answerOf(await ask(url, { model: 'two:gpt' })))).toMatchObject({ model: 'gpt' })
    expect([one.stats.requests.length, two.stats.requests.length]).toEqual([0, 1])
    const { data } = await (await fetch(`${url}/v1/models`)).json()
    expect(new Set(data.map(({ id }: { id: string }) => id.split(':')[0]))).toEqual(new Set(['one', 'two']))
  })

  it('pass their own list through where there is one', async () => {
    const simulator = await simulate()
    const url = await startDemo([providerOf(simulator)])
    const models = await (await fetch(`${simulator.url}/models`)).json()
    expect(await (await fetch(`${url}/v1/models`)).json()).toEqual(models)
  })

  it('misbehave on request, if they are the simulator', async () => {
    const simulator = await simulate()
    const url = await startDemo([providerOf(simulator)], simulator.url)
    await (await ask(url, { demo: { scenario: 'rate-limit' } })).text()
    expect(simulator.stats.requests.at(-1)?.scenario).toBe('rate-limit')
  })
})
