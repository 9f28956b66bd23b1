import type { Chat } from '../chat/chat.ts'
import type { AnswerMessage, ChatMessage, MessageOutcome, QuestionMessage } from '../chat/message.ts'
import { questionMessage } from '../chat/question.ts'
import { textPart } from '../message/text-part.ts'

/** The newest answer of the branch that a chat shows. */
export function answerOf(chat: Chat): AnswerMessage {
  const newest = chat.getSnapshot().messages.findLast(({ role }) => role === 'assistant')
  if (newest?.role !== 'assistant') throw new TypeError('Expected an answer.')
  return newest
}

export function question(
  id: string,
  text: string,
  parentId: string | null = null,
  role: 'user' | 'system' = 'user',
): QuestionMessage {
  return questionMessage({ text }, { id, parentId, role })
}

const COMPLETED: MessageOutcome = {
  status: 'completed',
  finishReason: 'stop',
  usage: { source: 'provider', inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  skippedChunks: 0,
}

export function answer(
  id: string,
  text: string,
  parentId: string | null,
  outcome: MessageOutcome | null = COMPLETED,
): AnswerMessage {
  return { id, parentId, role: 'assistant', parts: text === '' ? [] : [textPart(text)], text, outcome }
}

/** What is saved of a chat that shows these messages. */
export function savedChat(messages: readonly ChatMessage[]): {
  readonly messages: readonly ChatMessage[]
  readonly selected: string | null
} {
  return { messages, selected: messages.at(-1)?.id ?? null }
}
