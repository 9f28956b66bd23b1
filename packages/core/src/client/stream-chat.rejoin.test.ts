import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { streamChat, type ChatRun } from '../index.ts'
import { startProvider, textChunk, writeEvents, type ScriptedProvider } from '../testing/provider.ts'
import { until } from '../testing/until.ts'

const RUN_ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const USAGE = { source: 'estimated', inputTokens: 1, outputTokens: 1, totalTokens: 2 }

let server: ScriptedProvider | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

type Answer = (res: ServerResponse) => void

/** A Sluice server that answers by the script alone: each kind of request its answers in turn, then the last of them. */
async function ask(
  script: Readonly<Record<'start' | 'rejoin' | 'get' | 'cancel', readonly Answer[]>>,
): Promise<ChatRun> {
  const asked = { start: 0, rejoin: 0, get: 0, cancel: 0 }
  server = await startProvider((res, { path }) => {
    const kind = kindOf(path)
    const answers = script[kind]
    answers[Math.min(asked[kind], answers.length - 1)]?.(res)
    asked[kind] += 1
  })
  return streamChat({ api: server.url, runId: RUN_ID, model: 'any', messages: [{ role: 'user', content: 'Hello' }] })
}

function kindOf(path: string): 'start' | 'rejoin' | 'get' | 'cancel' {
  if (path.endsWith('/completions')) return 'start'
  if (path.includes('/events')) return 'rejoin'
  return path.endsWith('/cancel') ? 'cancel' : 'get'
}

const pathsOf = (kind: string): readonly string[] =>
  (server?.calls ?? []).map(({ path }) => path).filter((path) => kindOf(path) === kind)

const json =
  (status: number, body: unknown): Answer =>
  (res) =>
    void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** Events with ids from `first` on; the connection then breaks. */
const events =
  (first: number, ...chunks: readonly unknown[]): Answer =>
  (res) => {
    writeEvents(res)
    res.end(chunks.map((chunk, i) => `id: ${first + i}\ndata: ${JSON.stringify(chunk)}\n\n`).join(''))
  }

function last(sluice: object): object {
  return { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], sluice }
}

function runObject(fields: object): object {
  const message = { id: RUN_ID, role: 'assistant', parts: [{ type: 'text', text: 'Hi there' }], text: 'Hi there' }
  return {
    object: 'run',
    id: RUN_ID,
    status: 'streaming',
    created: 1,
    lastEventId: 9,
    usage: USAGE,
    message,
    ...fields,
  }
}

const NOT_ASKED: readonly Answer[] = [(res) => res.destroy()]
const GAP = json(409, { error: { message: 'Trimmed.', type: 'invalid_request_error', code: 'resume_gap' } })
const ERROR = { code: 'producer_lost', message: 'The machine is gone.' }

describe('a rejoin', () => {
  it('takes the end from the run itself where the server says that nothing comes any more', async () => {
    const run = await ask({
      start: [events(1, textChunk('Hi'), 'no chunk')],
      rejoin: [(res) => void res.writeHead(204).end()],
      get: [json(200, runObject({ status: 'completed', finishReason: 'stop' }))],
      cancel: NOT_ASKED,
    })
    expect(await run.outcome).toMatchObject({
      status: 'completed',
      finishReason: 'stop',
      message: { text: 'Hi there' },
    })
    expect(pathsOf('rejoin')).toEqual([`GET /v1/runs/${RUN_ID}/events?after=2`])
  })

  it('ends as the server ended also where every chunk is gone before one was seen', async () => {
    const run = await ask({
      start: [events(1)],
      rejoin: [GAP],
      get: [json(200, runObject({ status: 'incomplete', error: ERROR }))],
      cancel: NOT_ASKED,
    })
    expect(await run.outcome).toMatchObject({
      status: 'incomplete',
      error: { code: 'producer_lost' },
      message: { text: 'Hi there' },
    })
    expect(run.state).toBe('incomplete')
  })

  it('ends as the server ended also where the chunks were none that viewers get', async () => {
    const end = last({ status: 'incomplete', error: ERROR })
    const run = await ask({ start: [events(1, end)], rejoin: NOT_ASKED, get: NOT_ASKED, cancel: NOT_ASKED })
    expect(await run.outcome).toMatchObject({ status: 'incomplete', error: { code: 'producer_lost' } })
    expect(run.state).toBe('incomplete')
  })

  it('goes on with a tool call where it was, whatever its number', async () => {
    const piece = (index: number, args: string, more: object = {}): object => ({
      choices: [{ index: 0, delta: { tool_calls: [{ index, ...more, function: { arguments: args } }] } }],
    })
    const parts = [
      { type: 'tool-call', index: 4, id: 'b', name: 'look', arguments: '{"at":' },
      { type: 'tool-call', index: 2, id: 'a', name: 'find', arguments: '{"na' },
    ]
    const run = await ask({
      start: [events(1, textChunk(''))],
      rejoin: [
        GAP,
        events(10, piece(2, 'me":1}'), piece(4, '"sky"}'), piece(0, '{}', { id: 'c' }), last({ status: 'completed' })),
      ],
      get: [json(200, runObject({ message: { id: RUN_ID, parts, text: '' } }))],
      cancel: NOT_ASKED,
    })
    expect((await run.outcome).message.parts).toMatchObject([
      { index: 4, id: 'b', name: 'look', arguments: '{"at":"sky"}' },
      { index: 2, id: 'a', name: 'find', arguments: '{"name":1}' },
      { index: 0, id: 'c', arguments: '{}' },
    ])
  })

  it('shows an answer that began while it was away as one that streams', async () => {
    const run = await ask({
      start: [events(1)],
      rejoin: [GAP, (res) => void writeEvents(res)],
      get: [json(200, runObject({}))],
      cancel: [json(202, runObject({ status: 'cancelled' }))],
    })
    await until('the run was joined again', () => pathsOf('rejoin').length === 2 && run.state === 'streaming')
    expect(run.text).toBe('Hi there')
    await run.cancel()
  })

  it('recovers nothing for a run that is stopped meanwhile', async () => {
    let giveRun = (): void => {}
    const run = await ask({
      start: [events(1)],
      rejoin: [GAP],
      get: [(res) => (giveRun = () => json(200, runObject({ status: 'completed' }))(res))],
      cancel: [(res) => void setTimeout(() => json(202, runObject({ status: 'cancelled' }))(res), 50)],
    })
    await until('the run was asked for', () => pathsOf('get').length === 1)
    const stopping = run.cancel()
    giveRun()
    expect(await stopping).toMatchObject({ status: 'cancelled', message: { text: '' } })
    expect(run.text).toBe('')
  })

  it('goes on seeking where something in between answers with a page of its own', async () => {
    const portal: Answer = (res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')
    const busy: Answer = (res) => void res.writeHead(503).end()
    const run = await ask({
      start: [events(1, textChunk('Hi'))],
      rejoin: [portal, busy, events(2, textChunk(' there'), last({ status: 'completed' }))],
      get: NOT_ASKED,
      cancel: NOT_ASKED,
    })
    expect(await run.outcome).toMatchObject({ status: 'completed', message: { text: 'Hi there' } })
    expect(pathsOf('start')).toHaveLength(1)
  })
})

describe('an answer that this side cannot read on', () => {
  const accepted = json(202, runObject({ status: 'cancelled' }))

  it('is cancelled at the server where too many of its events are no chunks', async () => {
    const odd: Answer = (res) => void writeEvents(res, textChunk('Hi'), ...Array.from({ length: 17 }, () => '{"odd'))
    const run = await ask({ start: [odd], rejoin: NOT_ASKED, get: NOT_ASKED, cancel: [accepted] })
    expect(await run.outcome).toMatchObject({ status: 'failed', error: { code: 'protocol' }, message: { text: 'Hi' } })
    await until('the server was asked to stop', () => pathsOf('cancel').length === 1)
  })

  it('is cancelled at the server where one of its events is too long', async () => {
    const long: Answer = (res) => void writeEvents(res, textChunk('Hi')).write(`data: ${'x'.repeat(17 * 1024 * 1024)}`)
    const run = await ask({ start: [long], rejoin: NOT_ASKED, get: NOT_ASKED, cancel: [accepted] })
    expect(await run.outcome).toMatchObject({ status: 'incomplete', error: { code: 'limit' }, message: { text: 'Hi' } })
    await until('the server was asked to stop', () => pathsOf('cancel').length === 1)
  })
})

describe('a stop', () => {
  const open: Answer = (res) => void writeEvents(res, textChunk('Hi'))

  async function stopped(answer: object): Promise<unknown> {
    const run = await ask({ start: [open], rejoin: NOT_ASKED, get: NOT_ASKED, cancel: [json(202, runObject(answer))] })
    await until('some text came', () => run.text === 'Hi')
    const outcome = await run.cancel()
    await server?.close()
    expect(outcome).toMatchObject({ status: 'cancelled', message: { text: 'Hi' } })
    return outcome
  }

  it('tells what the server tells: that the provider is still read, for its count', async () => {
    const draining = { requestedBy: 'user', upstream: 'draining', billing: 'continues', closedAfterMs: null }
    expect(await stopped({ status: 'cancelled', cancellation: draining })).toMatchObject({ cancellation: draining })
    expect(await stopped({ status: 'cancelling', cancellation: draining })).toMatchObject({ cancellation: draining })
  })

  it('tells that the answer had ended, and its own count, where the stop came too late', async () => {
    const usage = { source: 'provider', inputTokens: 1, outputTokens: 7, totalTokens: 8 }
    expect(await stopped({ status: 'completed', usage })).toMatchObject({
      usage,
      cancellation: { upstream: 'finished', billing: 'continues' },
    })
  })

  it('claims nothing where the server did not say in time', async () => {
    expect(await stopped({ status: 'cancelling' })).toMatchObject({
      cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
    })
  })
})
