/** Serves the pages, and to each library its own wire. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { proseDeltas } from './prose.mjs'
import { WIRES } from './wires.mjs'

/** @typedef {import('./wires.mjs').Library} Library */

/** Deltas in one write of a burst; both libraries get as many. */
const BURST_PIECE = 64
const TICK_MS = 10

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>benchmark</title>
<style>body { max-width: 42rem; margin: auto; font: 16px/1.5 sans-serif }</style>
<div id="root"></div><script type="module" src="/page.js"></script></html>`

/**
 * @param {string} script of the pages
 * @returns {Promise<{ origin: string, close: () => void }>}
 */
export async function startServer(script) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const asked = /^\/wire\/(sluice|ai-sdk)\/(\d+)\/(\d+)\//.exec(pathname)
    request.resume()
    if (asked !== null) {
      const library = asked[1] === 'sluice' ? 'sluice' : 'ai-sdk'
      void answer(response, piecesOf(library, Number(asked[2])), Number(asked[3]), WIRES[library].headers)
    } else if (pathname === '/page.js') response.setHeader('content-type', 'text/javascript').end(script)
    else response.setHeader('content-type', 'text/html').end(PAGE)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** @type {Map<string, readonly string[]>} */
const known = new Map()

/**
 * @param {Library} library
 * @param {number} deltas
 * @returns {readonly string[]} the head, one piece a delta, the end
 */
function piecesOf(library, deltas) {
  const key = `${library} ${deltas}`
  const { head, event, end } = WIRES[library]
  const pieces = known.get(key) ?? [head, ...proseDeltas(deltas).map(event), end(deltas)]
  known.set(key, pieces)
  return pieces
}

/**
 * @param {Library} library
 * @param {number} deltas
 * @returns {number} bytes of one delta, on average
 */
export function bytesPerDelta(library, deltas) {
  return Buffer.byteLength(piecesOf(library, deltas).join('')) / deltas
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {readonly string[]} pieces
 * @param {number} rate pieces a second; 0 for as fast as the socket takes them
 * @param {Readonly<Record<string, string>>} headers
 */
async function answer(response, pieces, rate, headers) {
  const gone = new AbortController()
  response.once('close', () => gone.abort()).writeHead(200, headers)
  response.flushHeaders()
  const begun = performance.now()
  try {
    for (let sent = 0; sent < pieces.length && !gone.signal.aborted;) {
      const due = rate === 0 ? sent + BURST_PIECE : Math.ceil(((performance.now() - begun) / 1000) * rate)
      const piece = pieces.slice(sent, due).join('')
      sent = Math.max(sent, Math.min(due, pieces.length))
      if (piece !== '' && !response.write(piece)) await once(response, 'drain', { signal: gone.signal })
      if (rate > 0) await pause(TICK_MS, undefined, { signal: gone.signal })
    }
    response.end()
  } catch (error) {
    if (!gone.signal.aborted) throw error // a page that was closed is nobody's error
  }
}
