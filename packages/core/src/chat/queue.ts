import { UNKNOWN_USAGE } from '../message/usage.ts'
import { NOT_STARTED, type RunOutcome } from '../run/outcome.ts'
import type { QueuedMessage } from './chat.ts'

/** Questions that wait for their turn, next first. */
export interface SendQueue {
  /** Another array after each change. */
  readonly questions: readonly QueuedMessage[]
  /** @param send called when its turn has come; the promise is the one of the `sendMessage` that waits */
  add(question: QueuedMessage, send: () => Promise<RunOutcome>): Promise<RunOutcome>
  sendNext(): void
  /** Takes a question back; its `sendMessage` resolves as `cancelled`. */
  remove(id: string): void
}

interface Waiting {
  readonly question: QueuedMessage
  readonly send: () => Promise<RunOutcome>
  readonly resolve: (outcome: RunOutcome | Promise<RunOutcome>) => void
}

export function createSendQueue(): SendQueue {
  let waiting: readonly Waiting[] = []
  let questions: readonly QueuedMessage[] = []

  function keep(next: readonly Waiting[]): void {
    waiting = next
    questions = next.map(({ question }) => question)
  }

  return {
    get questions() {
      return questions
    },
    add: (question, send) => new Promise((resolve) => keep([...waiting, { question, send, resolve }])),
    sendNext() {
      const [next, ...rest] = waiting
      keep(rest)
      next?.resolve(next.send())
    },
    remove(id) {
      const taken = waiting.find(({ question }) => question.id === id)
      keep(waiting.filter((other) => other !== taken))
      taken?.resolve({
        status: 'cancelled',
        cancellation: NOT_STARTED,
        message: { id: '', role: 'assistant', parts: [], text: '' },
        finishReason: null,
        usage: UNKNOWN_USAGE,
        skippedChunks: 0,
      })
    },
  }
}
