import type { RunOutcome } from '../run/outcome.ts'
import type { ChatSettings } from './chat.ts'
import type { AnswerMessage, ToolCall } from './message.ts'
import { notify } from './notify.ts'
import { isReady, toolCalls, withOutput } from './tool-calls.ts'
import type { MessageTree } from './tree.ts'

/** Lets the app's tools answer the calls of an answer, and the model go on when all of them have. */
export interface ToolLoop {
  /** Calls the app's tools, each once. What they throw is reported as uncaught. */
  call(message: AnswerMessage): void
  /** Gives a call its output; one that has one keeps it. */
  answer(message: AnswerMessage, toolCallId: string, output: unknown): Promise<RunOutcome | undefined>
  /** From now on no tool that was called before makes the model go on. */
  halt(): void
}

export interface ToolLoopOptions {
  readonly tree: MessageTree
  readonly tool: () => ChatSettings['onToolCall']
  readonly onOutput: () => void
  /** Asks the model to go on after an answer; does nothing where the user has gone on. */
  readonly goOn: (message: AnswerMessage) => Promise<RunOutcome> | undefined
}

export function createToolLoop({ tree, tool, onOutput, goOn }: ToolLoopOptions): ToolLoop {
  let halts = 0

  /** The answer with its output, if it is the last that was missing. */
  function take(message: AnswerMessage, toolCallId: string, output: unknown): AnswerMessage | undefined {
    const answered = withOutput(message, toolCallId, output)
    if (answered === undefined) return undefined
    tree.put(answered)
    onOutput()
    return isReady(answered) ? answered : undefined
  }

  async function callOne(call: ToolCall, messageId: string): Promise<void> {
    const begunIn = halts
    try {
      const output = await tool()?.(call, messageId)
      const message = tree.get(messageId)
      if (output === undefined || message?.role !== 'assistant') return
      const ready = take(message, call.id, output)
      if (ready !== undefined && begunIn === halts) await goOn(ready)
    } catch (cause) {
      notify(() => {
        throw cause
      })
    }
  }

  return {
    call(message) {
      for (const call of toolCalls(message)) void callOne(call, message.id)
    },
    async answer(message, toolCallId, output) {
      const ready = take(message, toolCallId, output)
      return ready && goOn(ready)
    },
    halt() {
      halts += 1
    },
  }
}
