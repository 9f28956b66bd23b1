import type { ChunkBatch } from '../http/provider-stream.ts'
import type { LogBounds } from './log.ts'

/** The part of a full log that may come before the event loop has its turn. */
export const MOST_AT_ONCE: number = 1 / 8

/** The part of a full log that an event takes, roughly. */
export function shareOfLog(data: string, { runEvents, runBytes }: LogBounds): number {
  return 1 / runEvents + data.length / runBytes
}

/** A batch in steps that push nothing out of the log before somebody had the time to read it. */
export function stepsOf({ chunks, malformed }: ChunkBatch, bounds: LogBounds): readonly ChunkBatch[] {
  const steps: ChunkBatch[] = []
  let from = 0
  let share = 0
  chunks.forEach(({ data }, i) => {
    if (share >= MOST_AT_ONCE) {
      steps.push({ chunks: chunks.slice(from, i), malformed: 0 })
      from = i
      share = 0
    }
    share += shareOfLog(data, bounds)
  })
  return [...steps, { chunks: from === 0 ? chunks : chunks.slice(from), malformed }]
}

/** Lets the event loop turn, and with it the sockets of the viewers: a source may never do so by itself. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
