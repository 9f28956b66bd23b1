import { isObject } from '../json.ts'
import { readChunk, type ChatChunk, type ChunkReading } from './chunk.ts'

/** A chunk whose JSON is `before`, then the characters of its content, then `after`. */
interface Mould {
  readonly before: string
  readonly after: string
  cast(content: string): ChatChunk
}

const CONTENT = '"content":"'
/** What JSON does not take as it is within a string, and a few control characters more. */
const ESCAPED = /["\\\p{Cc}]/u
/** So many chunks in a row that fit no mould, and no other is made: some providers give each something of its own. */
const MAX_MISFITS = 8

/**
 * Reads the `data` of a stream's events, one after another, as `readChunk` does.
 *
 * Nearly all chunks of a stream are alike but for their content. To read that alone, where the text on both sides of it
 * is that of an earlier chunk, takes a tenth of the time of parsing them (V8 of 2026).
 */
export function createChunkReader(): (data: string) => ChunkReading {
  let mould: Mould | undefined
  let misfits = 0

  return (data) => {
    if (mould === undefined || !fits(mould, data)) {
      misfits += 1
      if (misfits <= MAX_MISFITS) mould = mouldOf(data) ?? mould
      return readChunk(data)
    }
    misfits = 0
    const content = data.slice(mould.before.length, data.length - mould.after.length)
    return ESCAPED.test(content) ? readChunk(data) : { type: 'chunk', chunk: mould.cast(content) }
  }
}

/** By slices, which engines compare by the word: `startsWith` and `endsWith` would take as long as the parsing. */
function fits({ before, after }: Mould, data: string): boolean {
  if (data.length < before.length + after.length) return false
  return data.slice(0, before.length) === before && data.slice(-after.length) === after
}

function mouldOf(data: string): Mould | undefined {
  const start = data.indexOf(CONTENT) + CONTENT.length
  const end = data.indexOf('"', start)
  if (start < CONTENT.length || end === -1) return undefined
  const before = data.slice(0, start)
  const after = data.slice(end)
  const content = data.slice(start, end)
  const other = `${content}.`
  const mould = singleChoice(before + other + after)
  // Another field of that name would leave one of the two as it is.
  if (singleChoice(data)?.delta['content'] !== content || mould?.delta['content'] !== other) return undefined
  const { chunk, choice, delta } = mould
  return { before, after, cast: (text) => ({ ...chunk, choices: [{ ...choice, delta: { ...delta, content: text } }] }) }
}

function singleChoice(data: string) {
  const reading = readChunk(data)
  if (reading.type !== 'chunk' || reading.chunk.choices?.length !== 1) return undefined
  const { chunk } = reading
  const [choice]: readonly unknown[] = reading.chunk.choices
  return isObject(choice) && isObject(choice['delta']) ? { chunk, choice, delta: choice['delta'] } : undefined
}
