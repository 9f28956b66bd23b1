/**
 * A provider for the server benchmarks, in a process of its own: an OpenAI-compatible stream with next to no cost, and the
 * exact time at which each of its sockets closed. The model's name says what it does:
 *
 * - `burst`: 500 chunks as fast as they are taken
 * - `idle`: one chunk, then silence for as long as the socket is open
 * - `paced`: 200 chunks a second until the socket closes
 *
 * Tells its parent, over IPC, the port and then, for every socket that closed before the end, the question that it was
 * asked, when it closed, and when it wrote its newest tokens. All times are of the monotonic clock of the machine, in ms.
 */
import { createServer } from 'node:http'
import { now } from './now.mjs'

const CHUNKS = 500
const TOKEN_MS = 5

/** @param {string} content */
function chunk(content) {
  const choices = [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }]
  const head = { id: 'chatcmpl-benchmark', object: 'chat.completion.chunk', created: 1_795_435_200, model: 'benchmark' }
  return `data: ${JSON.stringify({ ...head, system_fingerprint: 'fp_0', choices })}\n\n`
}

const LAST = chunk('').replace('"finish_reason":null', '"finish_reason":"stop"')
const BURST = Array.from({ length: CHUNKS }, (_, i) => chunk(` token${i % 10}`))

/** @param {import('node:http').ServerResponse} res */
function burst(res) {
  let next = 0
  const more = () => {
    while (next < CHUNKS) if (!res.write(BURST[next++])) return void res.once('drain', more)
    res.end(`${LAST}data: [DONE]\n\n`)
  }
  more()
}

/**
 * @param {import('node:http').ServerResponse} res
 * @param {string} question
 */
function paced(res, question) {
  /** @type {number[]} */
  const tokens = []
  const timer = setInterval(() => {
    res.write(BURST[tokens.length % CHUNKS])
    tokens.push(now())
  }, TOKEN_MS)
  res.once('close', () => {
    const closed = now()
    clearInterval(timer)
    process.send?.({ question, closed, tokens: tokens.slice(-200) })
  })
}

const server = createServer((req, res) => {
  let text = ''
  req.setEncoding('utf8').on('data', (piece) => (text += piece))
  req.on('end', () => {
    const { model, messages } = JSON.parse(text)
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    if (model === 'burst') burst(res)
    else if (model === 'paced') paced(res, messages[0].content)
    else res.write(BURST[0])
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.({ port: address?.port })
})
process.on('disconnect', () => process.exit())
