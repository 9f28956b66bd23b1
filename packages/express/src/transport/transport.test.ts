import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { brotliCompressSync, createGzip, deflateSync } from 'node:zlib'
import { until } from '@sluice/contract'
import type { ByteReader, FetchResponse } from '@sluice/core'
import { Agent, EnvHttpProxyAgent, ProxyAgent } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TEST_CERTIFICATE } from '../testing/certificate.ts'
import { listen, startTlsUpstream, startUpstream, type Answer, type Upstream } from '../testing/upstream.ts'
import { pieces } from './answer.ts'
import { createTransport, type RequestDispatcher } from './transport.ts'

const KEY = 'sk-a-key-that-nobody-may-see'
const POST = { method: 'POST', headers: { authorization: `Bearer ${KEY}` }, body: '{}' } as const

let closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(closing.map((close) => close()))
  closing = []
})

function closeLater<T extends { close(): Promise<unknown> }>(opened: T): T {
  closing.push(() => opened.close())
  return opened
}

function agent(options?: Agent.Options): Agent {
  const created = new Agent(options)
  closing.push(() => created.destroy())
  return created
}

function ask(
  upstream: Upstream,
  init: RequestInit = POST,
  dispatcher: RequestDispatcher = agent(),
): Promise<FetchResponse> {
  return createTransport(dispatcher)(`${upstream.origin}/v1/chat?x=1`, init)
}

async function upstreamOf(answer: Answer): Promise<Upstream> {
  return closeLater(await startUpstream(answer))
}

/** Sends the head and the first piece of a stream, and leaves it open. */
function begin(_: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
}

function readerOf({ body }: FetchResponse): ByteReader {
  if (body === null) throw new TypeError('Expected a body.')
  return body.getReader()
}

async function readText(reader: ByteReader): Promise<string> {
  return new TextDecoder().decode((await reader.read()).value)
}

async function textOf({ body }: FetchResponse): Promise<string> {
  return body === null ? '' : text(pieces(body))
}

/** How many of the connections a request came over. */
function socketsUsed({ requests }: Upstream): number {
  return new Set(requests.map(({ req }) => req.socket)).size
}

describe('an answer', () => {
  it('has the status, the headers and the body, and the request came as it was sent', async () => {
    const upstream = await upstreamOf((_, res) =>
      res.writeHead(429, { 'retry-after': '7', 'x-two': ['a', 'b'] }).end('no'),
    )
    const response = await ask(upstream)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(response.headers.get('x-two')).toBe('a, b')
    expect(await textOf(response)).toBe('no')
    const [seen] = upstream.requests
    expect(seen).toMatchObject({ body: '{}', req: { method: 'POST', url: '/v1/chat?x=1' } })
    expect(seen?.req.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'accept-encoding': 'identity' })
  })

  it('may have no body at all', async () => {
    const upstream = await upstreamOf((_, res) => res.writeHead(204).end())
    expect((await ask(upstream)).body).toBeNull()
  })

  it('comes piece by piece, as the provider writes it', async () => {
    let answer: ServerResponse | undefined
    const upstream = await upstreamOf((req, res) => begin(req, (answer = res)))
    const reader = readerOf(await ask(upstream))
    expect(await readText(reader)).toBe('data: 1\n\n')
    answer?.write('data: 2\n\n')
    expect(await readText(reader)).toBe('data: 2\n\n')
    answer?.end()
    expect(await reader.read()).toMatchObject({ done: true })
  })

  it('is read no faster than its reader reads', async () => {
    let written = 0
    const upstream = await upstreamOf((_, res) => {
      const piece = Buffer.alloc(64 * 1024)
      const more = (): void => {
        do written += piece.length
        while (res.write(piece) && written < 64e6)
        if (written < 64e6) res.once('drain', more)
      }
      res.writeHead(200)
      more()
    })
    const reader = readerOf(await ask(upstream))
    await reader.read()
    let before = -1
    let still = 0
    await until('the provider had to wait', () => {
      still = written === before ? still + 1 : 0
      before = written
      return still === 20
    })
    // What the kernel's socket buffers hold is megabytes; the rest of 64 MB waits at the provider.
    expect(written).toBeLessThan(32e6)
    for (let read = 0; read < 40e6;) read += (await reader.read()).value?.byteLength ?? Infinity
    expect(written).toBeGreaterThan(40e6)
    await reader.cancel()
  })

  it('that breaks off is read as far as it came, however late', async () => {
    const upstream = await upstreamOf((req, res) => {
      begin(req, res)
      setImmediate(() => res.destroy())
    })
    const reader = readerOf(await ask(upstream))
    await until('it broke off', () => upstream.sockets[0]?.closed === true)
    await sleep(10)
    expect(await readText(reader)).toBe('data: 1\n\n')
    await expect(reader.read()).rejects.toThrow('closed')
  })

  it('is not followed when it is a redirect', async () => {
    const elsewhere = await upstreamOf((_, res) => res.end('the key arrived'))
    const upstream = await upstreamOf((_, res) => res.writeHead(307, { location: elsewhere.origin }).end())
    expect((await ask(upstream)).status).toBe(307)
    expect(elsewhere.requests).toHaveLength(0)
  })
})

describe('a compressed answer', () => {
  const gzip: Answer = (_, res) => {
    const zip = createGzip()
    zip.pipe(res.writeHead(200, { 'content-encoding': 'gzip' }))
    zip.write('data: 1\n\n')
    zip.flush()
  }

  it('is read all the same, and nothing of it is held back', async () => {
    const reader = readerOf(await ask(await upstreamOf(gzip)))
    expect(await readText(reader)).toBe('data: 1\n\n')
    await reader.cancel()
  })

  it('closes its socket with an abort', async () => {
    const upstream = await upstreamOf(gzip)
    const stopping = new AbortController()
    const reader = readerOf(await ask(upstream, { ...POST, signal: stopping.signal }))
    await reader.read()
    const next = reader.read()
    stopping.abort()
    await expect(next).rejects.toThrow('aborted')
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
  })

  it.each([
    ['deflate', deflateSync('hello')],
    ['br', brotliCompressSync('hello')],
    ['identity', Buffer.from('hello')],
  ])('may be %s', async (encoding, body) => {
    const upstream = await upstreamOf((_, res) => res.writeHead(200, { 'content-encoding': encoding }).end(body))
    expect(await textOf(await ask(upstream))).toBe('hello')
  })

  it('in an unknown way is a clear error, and its socket is closed', async () => {
    const upstream = await upstreamOf((_, res) => void res.writeHead(200, { 'content-encoding': 'lzw' }).write('?'))
    await expect(ask(upstream)).rejects.toMatchObject({ code: 'protocol' })
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
  })

  it('that is broken rejects the read', async () => {
    const upstream = await upstreamOf((_, res) => res.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'))
    await expect(textOf(await ask(upstream))).rejects.toThrow('incorrect header check')
  })
})

describe('an abort', () => {
  it('while the answer comes closes the socket and rejects the read with its reason', async () => {
    const upstream = await upstreamOf(begin)
    const stopping = new AbortController()
    const reader = readerOf(await ask(upstream, { ...POST, signal: stopping.signal }))
    await reader.read()
    const next = reader.read()
    stopping.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
  })

  it('before the head closes the socket and rejects', async () => {
    const upstream = await upstreamOf(() => {})
    const stopping = new AbortController()
    const response = ask(upstream, { ...POST, signal: stopping.signal })
    await until('the provider was asked', () => upstream.requests.length === 1)
    stopping.abort(new Error('enough'))
    await expect(response).rejects.toThrow('enough')
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
  })

  it('while it connects rejects at once, and the request is never sent', async () => {
    const upstream = await upstreamOf(begin)
    const waiting: (() => void)[] = []
    const slow = agent({
      connect: (_, done) => {
        waiting.push(() => {
          const socket = connect(upstream.port, '127.0.0.1', () => done(null, socket))
        })
      },
    })
    const stopping = new AbortController()
    const response = ask(upstream, { ...POST, signal: stopping.signal }, slow)
    await until('it tried to connect', () => waiting.length === 1)
    stopping.abort(new Error('enough'))
    await expect(response).rejects.toThrow('enough')
    waiting[0]?.()
    await until('it connected', () => upstream.sockets.length === 1)
    await sleep(20)
    expect(upstream.requests).toHaveLength(0)
  })

  it('that came before asks nobody', async () => {
    const upstream = await upstreamOf(begin)
    await expect(ask(upstream, { ...POST, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    expect(upstream.sockets).toHaveLength(0)
  })

  it('leaves no socket behind that another request could get', async () => {
    const upstream = await upstreamOf(begin)
    const dispatcher = agent()
    for (let i = 0; i < 3; i += 1) {
      const stopping = new AbortController()
      const reader = readerOf(await ask(upstream, { ...POST, signal: stopping.signal }, dispatcher))
      expect(await readText(reader)).toBe('data: 1\n\n')
      stopping.abort()
    }
    expect(socketsUsed(upstream)).toBe(3)
  })
})

describe('a socket', () => {
  it('is used again after an answer that was read to its end', async () => {
    const upstream = await upstreamOf((_, res) => res.end('whole'))
    const dispatcher = agent()
    for (let i = 0; i < 3; i += 1) {
      expect(await textOf(await ask(upstream, POST, dispatcher))).toBe('whole')
      await sleep(10)
    }
    expect(socketsUsed(upstream)).toBe(1)
  })

  it('is used again when the reader left at [DONE], a little before the provider ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answers: ServerResponse[] = []
    const upstream = await upstreamOf((_, res) => {
      answers.push(res)
      res.writeHead(200).write('data: [DONE]\n\n')
    })
    const dispatcher = agent()
    for (let i = 0; i < 3; i += 1) {
      const reader = readerOf(await ask(upstream, POST, dispatcher))
      await reader.read()
      await reader.cancel()
      answers[i]?.end()
      await sleep(10)
    }
    expect(socketsUsed(upstream)).toBe(1)
  })

  it('closes when the reader has left and the provider does not end', async () => {
    const upstream = await upstreamOf(begin)
    const reader = readerOf(await ask(upstream))
    await reader.read()
    await reader.cancel()
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
    expect(socketsUsed(upstream)).toBe(1)
  })

  it('closes when the reader has left and the provider goes on and on', async () => {
    // So that it is the bytes which are too many, and not the time that is too long.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const upstream = await upstreamOf((_, res) => {
      res.writeHead(200)
      const more = (): void => {
        if (res.write(Buffer.alloc(16_384))) setImmediate(more)
      }
      res.on('drain', more)
      more()
    })
    const reader = readerOf(await ask(upstream))
    await reader.read()
    await reader.cancel()
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
    expect(socketsUsed(upstream)).toBe(1)
  })
})

describe('a request that cannot be made', () => {
  it('says so where nobody listens', async () => {
    const upstream = await startUpstream(begin)
    await upstream.close()
    const error: unknown = await ask(upstream).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('ECONNREFUSED') })
    expect(inspect(error)).not.toContain(KEY)
  })

  it('says so where the other end is no HTTP server', async () => {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.2\r\n')
    })
    const port = await listen(server)
    await expect(createTransport(agent())(`http://127.0.0.1:${port}/`, POST)).rejects.toMatchObject({ code: 'network' })
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  it.each([
    ['a line break in a value', { 'x-y': 'a\r\nx-injected: b' }],
    ['a line break in a name', { 'x-y\r\nx-injected': 'b' }],
    ['a header that is not ours to send', { 'transfer-encoding': 'chunked' }],
  ])('is refused for %s, and nothing is sent', async (_, headers) => {
    const upstream = await upstreamOf(begin)
    const error: unknown = await ask(upstream, { ...POST, headers }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'protocol' })
    expect(inspect(error)).not.toContain('x-injected')
    expect(upstream.sockets).toHaveLength(0)
  })

  it('is refused for a body that is no text and a method that no source needs', async () => {
    const upstream = await upstreamOf((_, res) => res.end())
    await expect(ask(upstream, { ...POST, body: new Uint8Array(1) })).rejects.toThrow(TypeError)
    await expect(ask(upstream, { ...POST, method: 'CONNECT' })).rejects.toThrow(TypeError)
  })
})

describe('a self-signed certificate', () => {
  it('is refused in words that name the cause, before the key is sent', async () => {
    const upstream = closeLater(await startTlsUpstream(begin))
    const error: unknown = await ask(upstream).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') })
    expect(upstream.requests).toHaveLength(0)
  })

  it('is accepted by a dispatcher that was told to', async () => {
    const upstream = closeLater(await startTlsUpstream((_, res) => res.end('secret')))
    const trusting = agent({ connect: { ca: TEST_CERTIFICATE } })
    expect(await textOf(await ask(upstream, POST, trusting))).toBe('secret')
  })

  it('for another name is refused, too', async () => {
    const upstream = closeLater(await startTlsUpstream(begin))
    const trusting = agent({ connect: { ca: TEST_CERTIFICATE, servername: 'api.example.com' } })
    await expect(ask(upstream, POST, trusting)).rejects.toMatchObject({
      message: expect.stringContaining('ERR_TLS_CERT_ALTNAME_INVALID'),
    })
  })
})

describe('a proxy', () => {
  interface Proxy {
    readonly origin: string
    /** Where it was asked to connect to, and as whom. */
    readonly tunnels: readonly { readonly target: string | undefined; readonly as: string | undefined }[]
  }

  async function startProxy(status = '200 Connection Established'): Promise<Proxy> {
    const tunnels: { readonly target: string | undefined; readonly as: string | undefined }[] = []
    const sockets: Socket[] = []
    const server = createServer().on('connect', (req: IncomingMessage, socket: Socket, head: Buffer) => {
      tunnels.push({ target: req.url, as: req.headers['proxy-authorization'] })
      socket.on('error', () => {}).write(`HTTP/1.1 ${status}\r\n\r\n`)
      if (!status.startsWith('200')) return void socket.end()
      const [host, port] = req.url?.split(':') ?? []
      const there = connect(Number(port), host)
      sockets.push(socket, there)
      there.on('error', () => {}).write(head)
      there.pipe(socket).pipe(there)
      socket.once('close', () => there.destroy())
    })
    const port = await listen(server)
    closing.push(async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    })
    return { origin: `http://127.0.0.1:${port}`, tunnels }
  }

  function through(dispatcher: RequestDispatcher & { destroy(): Promise<void> }): RequestDispatcher {
    closing.push(() => dispatcher.destroy())
    return dispatcher
  }

  it('that a dispatcher names is asked for a tunnel, and an abort closes the provider’s socket behind it', async () => {
    const upstream = await upstreamOf(begin)
    const proxy = await startProxy()
    const stopping = new AbortController()
    const dispatcher = through(new ProxyAgent({ uri: proxy.origin, token: 'Basic abc' }))
    const reader = readerOf(await ask(upstream, { ...POST, signal: stopping.signal }, dispatcher))
    expect(await readText(reader)).toBe('data: 1\n\n')
    expect(proxy.tunnels).toEqual([{ target: `127.0.0.1:${upstream.port}`, as: 'Basic abc' }])
    stopping.abort()
    await until('the socket closed', () => upstream.sockets[0]?.closed === true)
  })

  it('gets no credentials of its own from a header', async () => {
    const proxy = await startProxy()
    const headers = { 'proxy-authorization': 'Basic abc' }
    const response = ask(await upstreamOf(begin), { ...POST, headers }, through(new ProxyAgent(proxy.origin)))
    await expect(response).rejects.toMatchObject({ code: 'protocol' })
    expect(proxy.tunnels).toHaveLength(0)
  })

  it('tunnels TLS without seeing the key', async () => {
    const upstream = closeLater(await startTlsUpstream((_, res) => res.end('secret')))
    const proxy = await startProxy()
    const dispatcher = through(new ProxyAgent({ uri: proxy.origin, requestTls: { ca: TEST_CERTIFICATE } }))
    expect(await textOf(await ask(upstream, POST, dispatcher))).toBe('secret')
    expect(proxy.tunnels).toHaveLength(1)
  })

  it('that refuses is named as what refused', async () => {
    const upstream = await upstreamOf(begin)
    const proxy = await startProxy('407 Proxy Authentication Required')
    await expect(ask(upstream, POST, through(new ProxyAgent(proxy.origin)))).rejects.toMatchObject({
      code: 'network',
      message: expect.stringContaining('proxy'),
    })
    expect(upstream.sockets).toHaveLength(0)
  })

  describe('from the environment', () => {
    const before = { ...process.env }

    beforeEach(() => {
      for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name]
    })

    afterEach(() => {
      for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name]
      Object.assign(process.env, before)
    })

    it('is used, but for the hosts that NO_PROXY names', async () => {
      const upstream = await upstreamOf((_, res) => res.end('whole'))
      const proxy = await startProxy()
      process.env['HTTP_PROXY'] = proxy.origin
      const dispatcher = through(new EnvHttpProxyAgent())
      expect(await textOf(await ask(upstream, POST, dispatcher))).toBe('whole')
      expect(proxy.tunnels).toHaveLength(1)
      process.env['NO_PROXY'] = '127.0.0.1'
      expect(await textOf(await ask(upstream, POST, dispatcher))).toBe('whole')
      expect(proxy.tunnels).toHaveLength(1)
    })
  })
})
