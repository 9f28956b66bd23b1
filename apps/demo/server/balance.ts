import { request, type RequestListener } from 'node:http'

/**
 * Passes each request to the next address in turn, streams both ways, and hangs up there when the caller hangs up.
 *
 * @param addresses of those that run now, asked for each request
 */
export function balance(addresses: () => readonly string[]): RequestListener {
  let turn = 0
  return (req, res) => {
    const running = addresses()
    const address = running[turn++ % running.length]
    if (address === undefined) {
      res.writeHead(503, { 'Content-Type': 'text/plain' }).end('No instance runs. Start the demo again.\n')
      return
    }
    const { hostname, port } = new URL(address)
    const { method, url: path, headers } = req
    const passed = request({ hostname, port, path, method, headers })
    passed.once('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      res.flushHeaders()
      answer.pipe(res)
      answer.once('error', () => res.destroy())
    })
    passed.once('error', () => {
      if (res.headersSent) res.destroy()
      else res.writeHead(502, { 'Content-Type': 'text/plain' }).end('The instance did not answer. Try again.\n')
    })
    res.once('close', () => {
      if (!res.writableFinished) passed.destroy()
    })
    req.pipe(passed)
  }
}
