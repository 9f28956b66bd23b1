import type { ServerResponse } from 'node:http'
import type { Script } from './dialects.ts'
import { IN_BAND_ERROR } from './errors.ts'
import { FRAMINGS, KEEPALIVE_COMMENT, type FramingName } from './framing.ts'
import { sendError, sendJson, RequestError } from './http.ts'
import type { Line } from './line.ts'
import type { Ending, Fault } from './scenario.ts'
import { chunk, completion, DONE, malformedJson } from './wire.ts'
import type { Chunk, Envelope, FinishReason, Usage } from './wire.ts'

/** How an answer travels: token by token as an event stream, or whole as one JSON body. */
export interface Delivery {
  /** Sends the head, once, if it goes out before the answer is complete. */
  head(): Promise<void>
  /** A sign of life before the first token. */
  comment(): Promise<void>
  /** Called when the first token is due. */
  begin(): Promise<void>
  /** One token. */
  step(bodies: readonly Chunk[]): Promise<void>
  /** Plays a fault. `goes-on` if tokens may follow; after `ended` nothing else is called. */
  fault(fault: Fault): Promise<'goes-on' | 'ended'>
  finish(reason: FinishReason, usage: Usage, ending: Ending): Promise<void>
}

/** What a delivery delivers, and where. */
export interface Parcel {
  readonly res: ServerResponse
  readonly line: Line
  readonly envelope: Envelope
  readonly script: Script
  readonly framing: FramingName
}

/** Enough broken events for every client to see that this is no glitch. */
const FLOOD = 20

export function deliverEvents({ res, line, envelope, script, framing }: Parcel): Delivery {
  const { prologue, event } = FRAMINGS[framing]
  const send = (body: unknown): Promise<void> => line.write(event(JSON.stringify(body)))
  const done = async (): Promise<'ended'> => {
    await line.write(event(DONE))
    res.end()
    return 'ended'
  }
  return {
    async head() {
      if (res.headersSent) return
      res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' })
      res.flushHeaders()
      if (prologue !== '') await line.write(prologue)
    },
    comment: () => line.write(KEEPALIVE_COMMENT),
    async begin() {
      for (const body of script.opening) await send(body)
    },
    async step(bodies) {
      for (const body of bodies) await send(body)
    },
    async fault(fault) {
      switch (fault) {
        case 'malformed':
        case 'malformed-flood':
          for (let i = 0; i < (fault === 'malformed' ? 1 : FLOOD); i += 1)
            await line.write(event(malformedJson(envelope)))
          return 'goes-on'
        case 'error':
          await send({ error: IN_BAND_ERROR })
          res.end()
          return 'ended'
        case 'finish-error':
        case 'abort':
          await send(chunk(envelope, {}, fault === 'abort' ? 'abort' : 'error'))
          return done()
        case 'stall':
        case 'cut':
          return breakLine(fault, line)
      }
    },
    async finish(reason, usage, ending) {
      if (ending !== 'truncated') for (const body of script.closing(reason, usage)) await send(body)
      if (ending === 'done') await done()
      else res.end()
    },
  }
}

/** Sends nothing before the end. Without a stream an `ending` and a `framing` have no meaning: the body is complete. */
export function deliverWhole({ res, line, envelope, script }: Parcel): Delivery {
  const nothing = async (): Promise<void> => {}
  let malformed = false
  return {
    head: nothing,
    comment: nothing,
    begin: nothing,
    step: nothing,
    async fault(fault) {
      switch (fault) {
        case 'malformed':
        case 'malformed-flood':
          malformed = true
          return 'goes-on'
        case 'error':
        case 'finish-error':
        case 'abort':
          sendError(res, new RequestError(500, IN_BAND_ERROR))
          return 'ended'
        case 'stall':
        case 'cut':
          return breakLine(fault, line)
      }
    },
    async finish(reason, usage) {
      const body = completion(envelope, script.message, reason, usage)
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
