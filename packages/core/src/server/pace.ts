import type { ChunkBatch } from '../http/provider-stream.ts'
import type { LogBounds } from './log.ts'

/** The part of a full log that may come before the event loop has its turn. */
const MOST_AT_ONCE = 1 / 8

export interface Steps {
  /** At least one. Between two of them the event loop is to have its `turn`. */
  readonly steps: readonly ChunkBatch[]
  /** How much of a full log has come since the last turn: for the next batch. */
  readonly filled: number
}

/** A batch in steps that push nothing out of the log before somebody had the time to read it. */
export function stepsOf({ chunks, malformed }: ChunkBatch, bounds: LogBounds, filledBefore: number): Steps {
  const steps: ChunkBatch[] = []
  let from = 0
  let filled = filledBefore
  chunks.forEach(({ data }, i) => {
    if (filled >= MOST_AT_ONCE) {
      steps.push({ chunks: chunks.slice(from, i), malformed: 0 })
      from = i
      filled = 0
    }
    filled += 1 / bounds.runEvents + data.length / bounds.runBytes
  })
  steps.push({ chunks: from === 0 ? chunks : chunks.slice(from), malformed })
  return { steps, filled }
}

/** Lets the event loop turn, and with it the sockets of the viewers: a source may never do so by itself. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
