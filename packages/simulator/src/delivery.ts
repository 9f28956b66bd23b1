import type { ServerResponse } from 'node:http'
import { sendError, sendJson, RequestError } from './http.ts'
import type { Line } from './line.ts'
import { IN_BAND_ERROR } from './scenarios.ts'
import type { Ending, Fault } from './scenarios.ts'
import { completion, DONE_EVENT, encodeEvent, encodeMalformedEvent, finishChunk, roleChunk } from './wire.ts'
import { tokenChunk, usageChunk } from './wire.ts'
import type { Envelope, FinishReason, Usage } from './wire.ts'

/** How an answer travels: token by token as an event stream, or whole as one JSON body. */
export interface Delivery {
  /** Called when the first token is due. */
  begin(): Promise<void>
  token(token: string): Promise<void>
  /** Plays a fault. `goes-on` if tokens may follow; after `ended` nothing else is called. */
  fault(fault: Fault): Promise<'goes-on' | 'ended'>
  finish(reason: FinishReason, usage: Usage, ending: Ending): Promise<void>
}

/** Sends the head at once, as a provider does that has accepted the request. */
export function deliverEvents(res: ServerResponse, line: Line, envelope: Envelope): Delivery {
  const send = (body: unknown): Promise<void> => line.write(encodeEvent(body))
  res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' })
  res.flushHeaders()
  return {
    begin: () => send(roleChunk(envelope)),
    token: (token) => send(tokenChunk(envelope, token)),
    async fault(fault) {
      switch (fault) {
        case 'malformed':
          await line.write(encodeMalformedEvent(envelope))
          return 'goes-on'
        case 'error':
          await send({ error: IN_BAND_ERROR })
          res.end()
          return 'ended'
        case 'stall':
        case 'cut':
          return breakLine(fault, line)
      }
    },
    async finish(reason, usage, ending) {
      if (ending !== 'truncated') {
        await send(finishChunk(envelope, reason))
        if (envelope.includeUsage) await send(usageChunk(envelope, usage))
        if (ending === 'done') await line.write(DONE_EVENT)
      }
      res.end()
    },
  }
}

/** Gathers the tokens. An `ending` has no meaning without a stream: the body is complete. */
export function deliverWhole(res: ServerResponse, line: Line, envelope: Envelope): Delivery {
  let content = ''
  let malformed = false
  return {
    begin: async () => {},
    async token(token) {
      content += token
    },
    async fault(fault) {
      switch (fault) {
        case 'malformed':
          malformed = true
          return 'goes-on'
        case 'error':
          sendError(res, new RequestError(500, IN_BAND_ERROR))
          return 'ended'
        case 'stall':
        case 'cut':
          return breakLine(fault, line)
      }
    },
    async finish(reason, usage) {
      const body = completion(envelope, content, reason, usage)
      if (!malformed) return sendJson(res, 200, body)
      const text = JSON.stringify(body)
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(text.slice(0, text.length / 2))
    },
  }
}

async function breakLine(fault: 'stall' | 'cut', line: Line): Promise<'ended'> {
  if (fault === 'cut') line.cut()
  await line.closed
  return 'ended'
}
