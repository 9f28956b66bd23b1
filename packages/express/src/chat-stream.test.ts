import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server, constants } from 'node:http2'
import { connect } from 'node:net'
import {
  ANSWER,
  allEvents,
  createBench,
  endOf,
  ID,
  OTHER_ID,
  QUESTION,
  readSome,
  rest,
  textOf,
  until,
} from '@sluice/contract'
import { parseSse } from '@sluice/core/sse'
import { createSimulator } from '@sluice/simulator'
import compression from 'compression'
import cors from 'cors'
import express, { Router, type ErrorRequestHandler, type RequestHandler } from 'express'
import helmet from 'helmet'
import { afterEach, describe, expect, it } from 'vitest'
import { chatStream, memoryStore, openaiCompatible, type ChatStreamRouter, type RunStore } from './index.ts'
import { startExpress } from './testing/express-server.ts'

/** How the next bench mounts the middleware. */
let build: (chat: ChatStreamRouter) => express.Express
let path: string
const bench = createBench((options) => startExpress(build, path)(options))

afterEach(bench.close)

function mount(how: typeof build, at = '/v1'): void {
  build = how
  path = at
}

describe('other middleware before it', () => {
  it.each([
    ['express.json()', express.json()],
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
    ['a parser of other types', express.urlencoded({ extended: true })],
  ])('may have read the body: %s', async (_, parser) => {
    mount((chat) => express().use(parser).use('/v1', chat))
    await bench.open()
    expect(textOf(await allEvents(await bench.post()))).toBe(ANSWER)
    expect((await bench.post({ ...QUESTION, messages: [] }, { 'run-id': OTHER_ID })).status).toBe(400)
  })

  it('that has read the body lets a viewer leave and a run be cancelled', async () => {
    mount((chat) => express().use(express.json()).use('/v1', chat))
    await bench.open({ onDisconnect: 'cancel' })
    await (await readSome(await bench.post())).return()
    await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
  })

  it('may compress, and holds no event back', async () => {
    mount((chat) =>
      express()
        .use(compression({ threshold: 0 }))
        .use('/v1', chat),
    )
    await bench.open()
    // Falls silent in the middle: what is read by then was not waiting for more.
    const response = await bench.post(
      { ...QUESTION, model: 'simulator/stall' },
      { 'run-id': ID, 'accept-encoding': 'gzip' },
    )
    expect(response.headers.get('content-encoding')).toBeNull()
    const events = await readSome(response, 20)
    const run = await bench.run(ID, { 'accept-encoding': 'gzip' })
    expect(run.headers.get('content-encoding')).toBe('gzip')
    expect(await run.json()).toMatchObject({ status: 'streaming' })
    await bench.cancel()
    expect(endOf(await rest(events))).toMatchObject({ status: 'cancelled' })
  })

  it('may set headers of its own, and let other origins in', async () => {
    const crossOrigin = cors({ origin: 'https://chat.example.com', exposedHeaders: ['Run-Id', 'Retry-After'] })
    mount((chat) => express().use(helmet()).use(crossOrigin).use('/v1', chat))
    await bench.open()
    const asked = await fetch(`${bench.api}/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://chat.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,run-id',
      },
    })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type,run-id')
    const response = await bench.post()
    expect(response.headers.get('access-control-allow-origin')).toBe('https://chat.example.com')
    expect(response.headers.get('access-control-expose-headers')).toBe('Run-Id,Retry-After')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(textOf(await allEvents(response))).toBe(ANSWER)
  })
})

describe('a place to mount it', () => {
  it.each<[at: string, how: typeof build]>([
    ['', (chat) => express().use(chat)],
    ['/', (chat) => express().use('/', chat)],
    ['/a/b/c', (chat) => express().use('/a/b/c', chat)],
    ['/users/7/v1', (chat) => express().use('/users/:user/v1', chat)],
    ['/api/v1', (chat) => express().use('/api', Router().use('/v1', chat))],
    ['/api/v1', (chat) => express().use('/api', express().use('/v1', chat))],
    ['/v1', (chat) => express().set('query parser', false).use('/v1', chat)],
  ])('may be %j', async (at, how) => {
    mount(how, at.replace(/\/$/, ''))
    await bench.open()
    const whole = await allEvents(await bench.post({ ...QUESTION, sluice: { thread: 'a b' } }))
    expect(textOf(whole)).toBe(ANSWER)
    expect(await allEvents(await bench.events('?x=?&after=3'))).toEqual(whole.slice(3))
    expect(await (await bench.list('a b')).json()).toMatchObject({ data: [{ id: ID }] })
    expect(await (await bench.cancel()).json()).toMatchObject({ status: 'completed' })
  })

  it('leaves the paths that are not its own to the app', async () => {
    mount((chat) =>
      express()
        .use('/v1', chat)
        .get('/v1/embeddings', (_, res) => void res.json({ mine: true })),
    )
    await bench.open()
    expect(await (await fetch(`${bench.api}/embeddings`)).json()).toEqual({ mine: true })
    expect((await fetch(`${bench.api}/nothing`)).status).toBe(404)
  })

  it.each(['//', '//?after=1', 'http://[', '/runs/%', '/?%'])('outlives the odd path %s', async (target) => {
    mount((chat) => express().use(chat), '')
    await bench.open()
    const { hostname, port } = new URL(bench.api)
    const socket = connect(Number(port), hostname)
    socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(String(await once(socket, 'data'))).toMatch(/^HTTP\/1\.1 4\d\d /)
    socket.destroy()
    expect(textOf(await allEvents(await bench.post()))).toBe(ANSWER)
  })

  it('may be two in one app, which know nothing of each other’s runs', async () => {
    const simulator = await createSimulator({ answer: () => 'other', tokensPerSecond: Infinity, firstTokenMs: 0 })
    const other = chatStream({ source: openaiCompatible({ baseURL: simulator.url }) })
    mount((chat) => express().use('/v1', chat).use('/v2', other))
    await bench.open()
    const second = `${bench.api.replace('/v1', '/v2')}/runs/${ID}`
    expect(textOf(await allEvents(await bench.post()))).toBe(ANSWER)
    expect((await fetch(second)).status).toBe(404)
    const response = await fetch(second.replace(`runs/${ID}`, 'chat/completions'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'run-id': ID },
      body: JSON.stringify(QUESTION),
    })
    expect(textOf(await allEvents(response))).toBe('other')
    await other.shutdown()
    await simulator.close()
  })
})

describe('behind an HTTP/2 proxy', () => {
  const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding'])

  async function startProxy(target: string): Promise<{ readonly url: string; close(): void }> {
    const proxy = createHttp2Server().on('stream', (stream, asked) => {
      const headers = Object.fromEntries(Object.entries(asked).filter(([name]) => !name.startsWith(':')))
      const req = httpRequest(target + asked[':path'], { method: asked[':method'], headers })
      req.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
      req.on('response', (res) => {
        const kept = Object.entries(res.headers).filter(([name]) => !HOP_BY_HOP.has(name))
        stream.respond({ ':status': res.statusCode, ...Object.fromEntries(kept) })
        res.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR)).pipe(stream)
      })
      stream.once('close', () => req.destroy()).pipe(req)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    if (typeof address !== 'object' || address === null) throw new TypeError('Expected the proxy to have a port.')
    return { url: `http://127.0.0.1:${address.port}`, close: () => void proxy.close() }
  }

  it('streams, and a reset stream is a viewer that left', async () => {
    mount((chat) => express().use('/v1', chat))
    await bench.open({ onDisconnect: 'cancel', simulator: { tokensPerSecond: 50 } })
    const proxy = await startProxy(new URL(bench.api).origin)
    const session = connectHttp2(proxy.url)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/v1/chat/completions',
      'content-type': 'application/json',
      'run-id': ID,
    })
    stream.end(JSON.stringify(QUESTION))
    const [head] = await once(stream, 'response')
    expect(head).toMatchObject({ ':status': 200, 'content-type': 'text/event-stream; charset=utf-8', 'run-id': ID })
    const events = parseSse(stream)
    expect((await events.next()).value).toMatchObject({ id: '1' })
    expect((await events.next()).value).toMatchObject({ id: '2' })
    stream.on('error', () => {}).close(constants.NGHTTP2_CANCEL)
    await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    expect(bench.simulator.stats.requests[0]).toMatchObject({ outcome: 'hung-up' })
    session.destroy()
    proxy.close()
  })

  it('names no connection header of its own', async () => {
    const names: string[] = []
    const spy: RequestHandler = (_, res, next) => {
      const setHeader = res.setHeader.bind(res)
      res.setHeader = (name, value) => {
        names.push(name.toLowerCase())
        return setHeader(name, value)
      }
      next()
    }
    mount((chat) => express().use(spy).use('/v1', chat))
    await bench.open()
    await allEvents(await bench.post())
    expect(names).toContain('x-accel-buffering')
    for (const name of HOP_BY_HOP) expect(names).not.toContain(name)
  })
})

describe('the app’s own error handler', () => {
  const told: unknown[] = []
  const onError: ErrorRequestHandler = (error, _, res, next) => {
    told.push(error)
    if (res.headersSent) next(error)
    else res.status(500).json({ mine: true })
  }

  afterEach(() => void told.splice(0))

  it('is not asked about refusals and failures, which are answered in OpenAI’s words', async () => {
    mount((chat) => express().use('/v1', chat, onError))
    await bench.open({
      authorize: (header) => {
        if (header('x-broken') !== undefined) throw new Error('the session store is away')
        return header('authorization') === undefined ? null : { owner: 'ann' }
      },
    })
    expect((await bench.post()).status).toBe(401)
    const broken = await bench.post(QUESTION, { 'x-broken': '1' })
    expect(broken.status).toBe(500)
    expect(await broken.json()).toMatchObject({ error: { message: expect.any(String) } })
    expect((await bench.post('{', { authorization: 'ann' })).status).toBe(400)
    expect(told).toEqual([])
  })

  it('hears of what other middleware threw', async () => {
    mount((chat) => express().use(express.json(), chat, onError), '')
    await bench.open()
    expect(await (await bench.post('{')).json()).toEqual({ mine: true })
    expect(told).toHaveLength(1)
  })

  it('is not asked about a store that fails in the middle of a stream, which ends without [DONE]', async () => {
    const shared = memoryStore()
    let reads = 0
    const read: RunStore['read'] = async (key, after) => {
      reads += 1
      if (reads > 2) throw new Error('the store is away')
      return shared.read(key, after)
    }
    const source = openaiCompatible({ baseURL: 'http://localhost' })
    const errors: unknown[] = []
    const elsewhere = chatStream({ source, store: { ...shared, read }, onError: (error) => errors.push(error) })
    mount((chat) => express().use('/v1', chat).use('/v2', elsewhere, onError))
    await bench.open({ store: shared })
    const whole = await readSome(await bench.post())
    const response = await fetch(`${bench.api.replace('/v1', '/v2')}/runs/${ID}/events`)
    const events = await allEvents(response)
    expect(events.length).toBeGreaterThan(0)
    expect(events.at(-1)?.data).not.toBe('[DONE]')
    expect(errors).toContainEqual(new Error('the store is away'))
    expect(told).toEqual([])
    expect(textOf(await rest(whole))).toContain('t39')
    await elsewhere.shutdown()
  })
})
