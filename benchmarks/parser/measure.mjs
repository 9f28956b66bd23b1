/** Measures one line, whose name is the argument, in a process of its own, and prints it as JSON. */
import { createSseParser, parseSse } from '@sluice/core/sse'
import { createParser } from 'eventsource-parser'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { contest } from '../contest.mjs'
import { lineOf, longEvent } from './workloads.mjs'

/** @typedef {import('../contest.mjs').Spread} Spread */
/** @typedef {{ first: Spread, second: Spread, ratio: Spread, bytes: number }} Measured `first` is ours */

const STREAM = { stream: true }

/**
 * What was parsed, counted so that no engine can leave the parsing out, and so that both are seen to do the same.
 */
let events = 0
let characters = 0

/** @param {{ readonly data: string }} event */
function onEvent({ data }) {
  events++
  characters += data.length
}

/** @param {readonly Uint8Array[]} pieces */
const parseOurs = (pieces) => () => {
  const parser = createSseParser({ onEvent })
  for (const piece of pieces) parser.feed(piece)
}

/** @param {readonly Uint8Array[]} pieces */
const parseTheirs = (pieces) => () => {
  const decoder = new TextDecoder()
  const parser = createParser({ onEvent })
  for (const piece of pieces) parser.feed(decoder.decode(piece, STREAM))
}

/** @param {readonly Uint8Array[]} pieces */
const streamOf = (pieces) => {
  let next = 0
  return new ReadableStream(
    {
      pull(controller) {
        const piece = pieces[next++]
        if (piece === undefined) controller.close()
        else controller.enqueue(piece)
      },
    },
    { highWaterMark: 0 },
  )
}

/** @param {readonly Uint8Array[]} pieces */
const readOurs = (pieces) => async () => {
  for await (const event of parseSse(streamOf(pieces))) onEvent(event)
}

/** @param {readonly Uint8Array[]} pieces */
const readTheirs = (pieces) => async () => {
  const decoded = streamOf(pieces).pipeThrough(new TextDecoderStream())
  for await (const event of decoded.pipeThrough(new EventSourceParserStream())) onEvent(event)
}

/**
 * @param {() => unknown} program
 * @returns {Promise<string>}
 */
async function resultOf(program) {
  events = 0
  characters = 0
  await program()
  return `${events} events of ${characters} characters`
}

/**
 * @param {() => unknown} ours
 * @param {() => unknown} theirs
 * @param {readonly Uint8Array[]} pieces
 * @returns {Promise<Measured>}
 */
async function compare(ours, theirs, pieces) {
  const [our, their] = [await resultOf(ours), await resultOf(theirs)]
  if (our !== their) throw new Error(`the parsers differ: ours gave ${our}, eventsource-parser ${their}`)
  return { ...(await contest(ours, theirs)), bytes: sizeOf(pieces) }
}

/** @param {readonly Uint8Array[]} pieces */
const sizeOf = (pieces) => pieces.reduce((sum, piece) => sum + piece.length, 0)

/** @param {string} name */
async function measure(name) {
  const { kind, pieces: cut } = lineOf(name)
  const pieces = cut()
  if (kind === 'feed') return compare(parseOurs(pieces), parseTheirs(pieces), pieces)
  if (kind === 'read') return compare(readOurs(pieces), readTheirs(pieces), pieces)
  return { ...(await contest(parseOurs(pieces), parseOurs(longEvent(4)))), bytes: sizeOf(pieces) }
}

console.log(JSON.stringify(await measure(process.argv[2] ?? '')))
