import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ID, QUESTION, type Bench } from '../bench.ts'
import { allEvents, endOf, textOf } from '../event-stream.ts'
import { until } from '../until.ts'

const CHUNKS = 400
const PADDING = 'x'.repeat(64 * 1024)

export function describeStalls(bench: Bench): void {
  describe('a viewer that reads', () => {
    it('gets all of a source that never lets the event loop turn', async () => {
      await bench.open({
        async *source() {
          for (let i = 0; i < 30_000; i += 1) yield 'w '
        },
      })
      const events = await allEvents(await bench.post())
      expect(textOf(events)).toBe('w '.repeat(30_000))
      expect(endOf(events)).toMatchObject({ status: 'completed' })
    })

    it('gets all of a burst that is longer than the log', async () => {
      const chunks = Array.from({ length: 200 }, (_, i) => {
        const chunk = { choices: [{ index: 0, delta: { content: `${i} ` } }] }
        return { chunk, data: JSON.stringify(chunk) }
      })
      await bench.open({
        limits: { runEvents: 10 },
        async *source() {
          yield { chunks: [], malformed: 0 }
          yield { chunks, malformed: 0 }
        },
      })
      const events = await allEvents(await bench.post())
      expect(textOf(events)).toBe(Array.from({ length: 200 }, (_, i) => `${i} `).join(''))
      expect(endOf(events)).toMatchObject({ status: 'completed' })
    })
  })

  describe('a viewer that stops reading', () => {
    it('slows neither the run nor the others, is let go, and can rejoin', async () => {
      let begin = (): void => {}
      const begun = new Promise<void>((resolve) => (begin = resolve))
      await bench.open({
        heartbeatMs: 300,
        onDisconnect: 'continue',
        // 26 MB, more than what the sockets of a loopback take in, and all of it kept.
        limits: { runBytes: 100_000_000 },
        async *source() {
          yield { chunks: [], malformed: 0 }
          await begun
          for (let i = 0; i < CHUNKS; i += 1) {
            yield { choices: [{ index: 0, delta: { content: `${i} ` } }], padding: PADDING }
            if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
          }
        },
      })
      const stalled = await startWithoutReading(bench.api)
      try {
        const other = await bench.post()
        begin()
        expect(endOf(await allEvents(other))).toMatchObject({ status: 'completed' })
        // It reads again only now: what comes is what was on its way, and the stream breaks without [DONE].
        let tail = ''
        let ended = false
        stalled.on('data', (bytes) => (tail = (tail + bytes.toString('latin1')).slice(-1_000)))
        stalled.once('close', () => (ended = true))
        await new Promise((resolve) => setTimeout(resolve, 1_500))
        stalled.resume()
        await until('its connection has ended', () => ended)
        expect(tail).not.toContain('[DONE]')
      } finally {
        stalled.destroy()
      }
      const { lastEventId, message } = await (await bench.run()).json()
      expect(message.text.split(' ')).toHaveLength(CHUNKS + 1)
      expect(endOf(await allEvents(await bench.events(`?after=${lastEventId - 1}`)))).toMatchObject({
        status: 'completed',
      })
    })
  })
}

/** Starts the run over a bare socket, whose answer nobody reads. */
export async function startWithoutReading(api: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(api)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // being cut off is what is waited for
  await once(socket, 'connect')
  const body = JSON.stringify(QUESTION)
  socket.write(
    [
      `POST ${pathname}/chat/completions HTTP/1.1`,
      `Host: ${hostname}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Run-Id: ${ID}`,
      '',
      body,
    ].join('\r\n'),
  )
  socket.pause()
  await until('the run goes on', async () => (await fetch(`${api}/runs/${ID}`)).status === 200)
  return socket
}
