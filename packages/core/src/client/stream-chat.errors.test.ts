import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { ChatStreamError, streamChat, type ChatRun, type Fetch } from '../index.ts'
import { startProvider, type ScriptedProvider } from '../testing/provider.ts'

const KEY = 'sk-live-4f1d9c7e2b8a40'
const PROVIDERS_ERROR = { error: { message: `Incorrect API key: ${KEY}`, type: 'auth_error', code: 'invalid_api_key' } }

let other: ScriptedProvider | undefined

afterEach(async () => {
  await other?.close()
  other = undefined
})

type Answer = (res: ServerResponse) => void

const answer =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): Answer =>
  (res) =>
    void res.writeHead(status, { 'content-type': type, ...headers }).end(body)

/** Answers that are no event stream: what comes, and what is to be told of it. */
const ANSWERS: readonly (readonly [name: string, Answer, { code: string; status: number }, message: RegExp])[] = [
  [
    'a 200 that is a page',
    answer(200, 'text/html; charset=utf-8', `<html>${KEY}</html>`),
    { code: 'protocol', status: 200 },
    /^Expected text\/event-stream, got text\/html; charset=utf-8 \(status 200\)\.$/,
  ],
  [
    'a 200 that is plain JSON',
    answer(200, 'application/json', JSON.stringify({ choices: [{ message: { content: KEY } }] })),
    { code: 'protocol', status: 200 },
    /^Expected text\/event-stream, got application\/json \(status 200\)\.$/,
  ],
  [
    'a 200 that says nothing of its type',
    (res) => void res.writeHead(200).end('data: {}\n\n'),
    { code: 'protocol', status: 200 },
    /^Expected text\/event-stream, got no content type \(status 200\)\.$/,
  ],
  [
    'a 400',
    answer(400, 'application/json', '{"error":{"message":"No such model.","type":"invalid_request_error"}}'),
    { code: 'invalid_request', status: 400 },
    /400|No such model/,
  ],
  [
    'a 401 with an error in the body',
    answer(401, 'application/json', JSON.stringify(PROVIDERS_ERROR)),
    { code: 'unauthorized', status: 401 },
    /401|Incorrect API key/,
  ],
  [
    'a 404 that is a page',
    answer(404, 'text/html', '<html>'),
    { code: 'not_found', status: 404 },
    /answered status 404; expected an event stream\.$/,
  ],
  [
    'a 418',
    answer(418, 'text/plain', 'teapot'),
    { code: 'http', status: 418 },
    /answered status 418; expected an event stream\.$/,
  ],
  [
    'a redirect',
    answer(307, 'text/plain', '', { location: 'http://127.0.0.1:9/' }),
    { code: 'http', status: 307 },
    /answered with a redirect, which is not followed; expected an event stream\.$/,
  ],
]

function ask(peer: 'provider' | 'server', url: string, fetch?: Fetch): ChatRun {
  const request = { model: 'any', messages: [], maxRetries: 0, ...(fetch !== undefined && { fetch }) }
  return streamChat(peer === 'provider' ? { ...request, baseURL: url, apiKey: KEY } : { ...request, api: url })
}

async function errorOf(run: ChatRun): Promise<ChatStreamError> {
  const thrown: unknown = await (async () => {
    for await (const _ of run);
  })().catch((error: unknown) => error)
  const outcome = await run.outcome
  expect(outcome.status).toBe('failed')
  expect(thrown).toBe('error' in outcome ? outcome.error : undefined)
  if (!(thrown instanceof ChatStreamError)) throw new TypeError('Expected an error.')
  return thrown
}

describe('options that cannot be right', () => {
  it('are refused at once: nobody to ask, a time that is none', () => {
    const nobody = Object.assign({ baseURL: '', model: 'any', messages: [] }, { baseURL: undefined })
    expect(() => streamChat(nobody)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    const timeouts = { idleMs: Number.NaN }
    expect(() => streamChat({ api: '/v1', model: 'any', messages: [], timeouts })).toThrow(TypeError)
  })
})

describe.each(['provider', 'server'] as const)('at a %s, an answer that is no event stream', (peer) => {
  it.each(ANSWERS)('is told by a code, the status and a message: %s', async (_, script, facts, message) => {
    other = await startProvider(script)
    const error = await errorOf(ask(peer, other.url))
    expect(error).toMatchObject({ name: 'ChatStreamError', ...facts })
    expect(error.message).toMatch(message)
    if (peer === 'server') return // whose own words may be shown
    for (const shown of [JSON.stringify(error), String(error), inspect(error)]) expect(shown).not.toContain(KEY)
  })

  it('is known by its status though its body never ends', async () => {
    other = await startProvider(
      (res) => void res.writeHead(403, { 'content-type': 'application/json' }).write('{"error":'),
    )
    const began = performance.now()
    expect(await errorOf(ask(peer, other.url))).toMatchObject({ code: 'unauthorized', status: 403 })
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('names a fetch that cannot stream, and one that would do', async () => {
    other = await startProvider((res) => void res.writeHead(200, { 'content-type': 'text/event-stream' }).end())
    // As React Native's own: the answer has text(), and no body at all.
    const bodiless: Fetch = async (url, init) => {
      const response = await fetch(url, init)
      return Object.defineProperty(response, 'body', { value: undefined })
    }
    const error = await errorOf(ask(peer, other.url, bodiless))
    expect(error).toMatchObject({ code: 'protocol', status: 200 })
    expect(error.message).toContain('expo/fetch')
  })

  it('is a network error where nobody answers', async () => {
    const gone = await startProvider(() => {})
    await gone.close()
    const request = { model: 'any', messages: [], timeouts: { connectMs: 300 } }
    const run = streamChat(peer === 'provider' ? { ...request, baseURL: gone.url } : { ...request, api: gone.url })
    const error = await errorOf(run)
    expect(error.code).toBe('network')
    expect(error.message).toMatch(/could not be reached/)
  })
})
