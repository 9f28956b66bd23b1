import type { ChatStreamError } from '../errors.ts'
import type { ChatDelta } from '../message/chunk.ts'

/** Deltas on their way from a run to the loop that reads it. */
export interface DeltaQueue {
  push(delta: ChatDelta): void
  /** Forgets what was not read yet, and ends the loop at once and quietly. */
  stop(): void
  /** Nothing comes any more. With an error, the loop throws it after the last delta. */
  end(error: ChatStreamError | undefined): void
  /** @param onReturn called when the loop is left early; the loop waits for what it returns */
  iterate(onReturn: () => Promise<unknown>): AsyncIterator<ChatDelta, undefined>
}

type Result = IteratorResult<ChatDelta, undefined>
interface Waiting {
  readonly resolve: (result: Result) => void
  readonly reject: (error: ChatStreamError) => void
}

const DONE: Result = { done: true, value: undefined }

export function createDeltaQueue(): DeltaQueue {
  let deltas: ChatDelta[] = []
  let read = 0
  let ended = false
  let error: ChatStreamError | undefined
  const waiting: Waiting[] = []

  function take(): ChatDelta | undefined {
    const delta = deltas[read]
    read += 1
    if (read < deltas.length) return delta
    deltas = []
    read = 0
    return delta
  }

  function finish({ resolve, reject }: Waiting): void {
    if (error === undefined) return resolve(DONE)
    reject(error)
    error = undefined // thrown once; a loop that goes on all the same just ends
  }

  return {
    push(delta) {
      const reader = waiting.shift()
      if (reader !== undefined) reader.resolve({ done: false, value: delta })
      else deltas.push(delta)
    },
    stop() {
      deltas = []
      read = 0
      ended = true
      waiting.splice(0).forEach(finish)
    },
    end(because) {
      if (ended) return
      ended = true
      error = because
      waiting.splice(0).forEach(finish)
    },
    iterate: (onReturn) => ({
      next: () =>
        new Promise((resolve, reject) => {
          const delta = deltas.length > 0 ? take() : undefined
          if (delta !== undefined) resolve({ done: false, value: delta })
          else if (ended) finish({ resolve, reject })
          else waiting.push({ resolve, reject })
        }),
      async return() {
        await onReturn()
        return DONE
      },
    }),
  }
}
