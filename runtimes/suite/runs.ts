import { streamChat } from '@sluice/core'
import {
  createFetchHandler,
  createRunServer,
  memoryStore,
  type ChatSource,
  type FetchHandler,
} from '@sluice/core/server'
import { encodeSse, parseSse } from '@sluice/core/sse'
import { gather, streamOf } from '../../packages/core/src/sse/testing/sources.ts'
import type { Case } from './check.ts'

const RUN_ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const ASKED = { model: 'any', messages: [{ role: 'user', content: 'Hello' }] }
const TEXTS = ['Two ', '塔', ' 🗼']
const ANSWER = TEXTS.join('')

/** One way through each half of core beside the parser, so that a runtime that lacks something it needs is seen. */
export const runCases: readonly Case[] = [
  {
    name: 'streamChat',
    ways: () => [
      { name: 'reads an answer', run: readAnswer, expected: { deltas: TEXTS, text: ANSWER, status: 'completed' } },
      { name: 'stops an answer', run: stopAnswer, expected: { text: TEXTS[0], status: 'cancelled', closed: true } },
    ],
  },
  {
    name: 'createRunServer',
    ways: () => [{ name: 'runs an answer', run: serveAnswer, expected: { text: ANSWER, status: 'completed' } }],
  },
  {
    name: 'createFetchHandler, asked by streamChat',
    ways: () => [
      { name: 'relays an answer', run: relayAnswer, expected: { text: ANSWER, status: 'completed' } },
      { name: 'stops an answer', run: stopRelay, expected: { text: TEXTS[0], status: 'cancelled', aborted: true } },
    ],
  },
  {
    name: 'createFetchHandler, asked by plain requests',
    ways: () => [
      { name: 'rejoins an answer', run: rejoinAnswer, expected: { ids: ['2', '3', '4', ''], again: 204 } },
      { name: 'stops an answer', run: stopByRequest, expected: { answered: 202, status: 'cancelled', aborted: true } },
    ],
  },
]

const CHUNKS = [
  ...TEXTS.map((content) => ({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })),
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
].map((chunk) => encodeSse({ data: JSON.stringify(chunk) }))

function eventStream(body: ReadableStream<Uint8Array>): Response {
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

async function readAnswer(): Promise<unknown> {
  const body = streamOf(...CHUNKS, encodeSse({ data: '[DONE]' }))
  const run = streamChat({ ...ASKED, baseURL: 'http://provider.test/v1', fetch: async () => eventStream(body) })
  const deltas = await gather(run)
  const { status, message } = await run.outcome
  return { deltas: deltas.flatMap(({ text }) => text ?? []), text: message.text, status }
}

/** The provider sends one piece and then nothing more, until its stream is cancelled or its request aborted. */
async function stopAnswer(): Promise<unknown> {
  let closed = false
  const close = (): void => {
    closed = true
  }
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(CHUNKS[0])),
    cancel: close,
  })
  const run = streamChat({
    ...ASKED,
    baseURL: 'http://provider.test/v1',
    async fetch(_, { signal }) {
      signal?.addEventListener('abort', close)
      return eventStream(body)
    },
  })
  for await (const _ of run) break
  const { status, message } = await run.outcome
  return { text: message.text, status, closed }
}

const source: ChatSource = async function* () {
  yield* TEXTS
}

async function serveAnswer(): Promise<unknown> {
  const server = createRunServer({ source, store: memoryStore() })
  const request = { request: ASKED, sluice: {}, stream: true, wantsUsage: false }
  const { viewer } = await server.start('owner', RUN_ID, request)
  await gather(parseSse(viewer))
  const { status, message } = await server.get({ owner: 'owner', id: RUN_ID })
  await server.shutdown({ graceMs: 0 })
  return { text: message.text, status }
}

async function relayAnswer(): Promise<unknown> {
  const handler = createFetchHandler({ source })
  const run = streamChat({
    ...ASKED,
    api: 'http://sluice.test/v1',
    fetch: (url, init) => handler(new Request(url, init)),
  })
  const { status, message } = await run.outcome
  await handler.shutdown({ graceMs: 0 })
  return { text: message.text, status }
}

/** A handler whose source yields one piece and then waits until it is told to stop. */
function stoppable(): { readonly handler: FetchHandler; readonly wasAborted: () => boolean } {
  let aborted = false
  const handler = createFetchHandler({
    async *source(_, { signal }) {
      yield TEXTS[0] ?? ''
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      aborted = true
    },
  })
  return { handler, wasAborted: () => aborted }
}

async function stopRelay(): Promise<unknown> {
  const { handler, wasAborted } = stoppable()
  const run = streamChat({
    ...ASKED,
    api: 'http://sluice.test/v1',
    fetch: (url, init) => handler(new Request(url, init)),
  })
  for await (const _ of run) break
  const { status, message } = await run.outcome
  await handler.shutdown({ graceMs: 0 })
  return { text: message.text, status, aborted: wasAborted() }
}

function startRequest(): Request {
  const headers = { 'Content-Type': 'application/json', 'Run-Id': RUN_ID }
  return new Request('http://sluice.test/v1/chat/completions', {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...ASKED, stream: true }),
  })
}

function runRequest(path: string, method: 'GET' | 'POST'): Request {
  return new Request(`http://sluice.test/v1/runs/${RUN_ID}/${path}`, { method })
}

/** The ids of the events that a response still has, the empty one of `[DONE]` included. */
async function idsOf(response: Response): Promise<readonly string[]> {
  return (await gather(parseSse(response.body ?? streamOf()))).map(({ id }) => id ?? '')
}

/** Leaves after the first piece, joins behind event 1, and once more behind the last. */
async function rejoinAnswer(): Promise<unknown> {
  const handler = createFetchHandler({ source })
  const reader = (await handler(startRequest())).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  const ids = await idsOf(await handler(runRequest('events?after=1', 'GET')))
  const { status } = await handler(runRequest('events?after=4', 'GET'))
  await handler.shutdown({ graceMs: 0 })
  return { ids, again: status }
}

async function stopByRequest(): Promise<unknown> {
  const { handler, wasAborted } = stoppable()
  const started = await handler(startRequest())
  const answer = await handler(runRequest('cancel', 'POST'))
  const { status } = await answer.json()
  await idsOf(started)
  await handler.shutdown({ graceMs: 0 })
  return { answered: answer.status, status, aborted: wasAborted() }
}
