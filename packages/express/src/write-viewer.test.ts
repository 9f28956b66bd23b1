import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { ID, listen, QUESTION, until } from '@sluice/contract'
import express, { type Response } from 'express'
import { expect, it } from 'vitest'
import { chatStream } from './index.ts'

it('lets the server close though a viewer does not read the end of its stream', async () => {
  const responses: Response[] = []
  const chat = chatStream({
    onDisconnect: 'continue',
    async *source() {
      // 26 MB: more than what the sockets of a loopback take in.
      for (let i = 0; i < 100; i += 1) {
        yield { choices: [{ index: 0, delta: { content: 'x' } }], padding: 'x'.repeat(256 * 1024) }
        await new Promise((resolve) => setTimeout(resolve))
      }
    },
  })
  // With so much room the whole stream is written, [DONE] included, and waits within this process.
  const app = express().post('/v1/chat/completions', (_, res, next) => (responses.push(res), next()))
  const server = createServer({ highWaterMark: 100_000_000 }, app.use('/v1', chat))
  const { url, stopListening, destroy } = await listen(server)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.on('error', () => {}).pause()
    const body = JSON.stringify(QUESTION)
    const head = ['POST /v1/chat/completions HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']
    socket.write([...head, `Content-Length: ${body.length}`, `Run-Id: ${ID}`, '', body].join('\r\n'))
    await until('the run has ended', async () => {
      const { status } = await (await fetch(`${url}/v1/runs/${ID}`)).json()
      return status === 'completed'
    })
    await until('all was written', () => responses[0]?.writableEnded === true)
    expect(responses[0]?.writableFinished).toBe(false)
    await chat.shutdown()
    await stopListening()
    expect(socket.readableEnded).toBe(false)
  } finally {
    socket.destroy()
    await destroy()
  }
})
