import type { AnswerMessage, ToolCall } from './message.ts'

export function toolCalls({ parts }: AnswerMessage): readonly ToolCall[] {
  return parts.filter((part) => part.type === 'tool-call')
}

export function isAnswered({ output }: ToolCall): boolean {
  return output !== undefined
}

/** An ended answer with the output of one of its open calls, or `undefined` if it has no such call. */
export function withOutput(message: AnswerMessage, toolCallId: string, output: unknown): AnswerMessage | undefined {
  const open = toolCalls(message).find((call) => call.id === toolCallId && !isAnswered(call))
  if (open === undefined || message.outcome === null) return undefined
  // `undefined` is no JSON value, and would leave the call open.
  const answered = { ...open, output: output ?? null }
  return { ...message, parts: message.parts.map((part) => (part === open ? answered : part)) }
}

/** Whether the model can go on: the answer is whole, and each of its calls has its output. */
export function isReady(message: AnswerMessage): boolean {
  return message.outcome?.status === 'completed' && toolCalls(message).every(isAnswered)
}
