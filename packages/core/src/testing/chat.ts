import type { AnswerMessage } from '../chat/message.ts'
import type { Chat } from '../chat/chat.ts'

/** The newest answer of a chat. */
export function answerOf(chat: Chat): AnswerMessage {
  const answer = chat.getSnapshot().messages.findLast(({ role }) => role === 'assistant')
  if (answer?.role !== 'assistant') throw new TypeError('Expected an answer.')
  return answer
}
