import { isObject } from '../json.ts'
import { contentText } from '../message/content.ts'
import type { AssistantMessage, AssistantPart, TextPart } from '../message/message.ts'
import type { RequestMessage } from '../client/options.ts'
import { outcomeOfEnd, type SluiceEnd } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'

type WithoutMessage<T> = T extends unknown ? Omit<T, 'message'> : never

/** How the run of a message ended; the message itself is what it is part of. */
export type MessageOutcome = WithoutMessage<RunOutcome>

interface MessageBase {
  readonly id: string
  /** The text parts, joined. */
  readonly text: string
}

/** What a person, or the app for it, said. */
export interface QuestionMessage extends MessageBase {
  readonly role: 'user' | 'system'
  readonly parts: readonly TextPart[]
}

/** An answer: live while `outcome` is `null`, and from then on never touched again. */
export interface AnswerMessage extends MessageBase {
  readonly role: 'assistant'
  readonly parts: readonly AssistantPart[]
  readonly outcome: MessageOutcome | null
}

/** One message of a chat. Immutable: a change makes a new one, and an unchanged one keeps its identity. */
export type ChatMessage = QuestionMessage | AnswerMessage

export function questionMessage(role: 'user' | 'system', id: string, text: string): QuestionMessage {
  return { id, role, parts: [{ type: 'text', text }], text }
}

/** What an end says of the message that it ended; `null` where there is no end yet. */
export function messageOutcome(end: SluiceEnd | undefined, message: AssistantMessage): MessageOutcome | null {
  if (end === undefined) return null
  const { message: _, ...outcome } = outcomeOfEnd(end, message)
  return outcome
}

/** The messages as a provider takes them. Answers of which nothing was delivered are left out: providers refuse them. */
export function requestMessages(messages: readonly ChatMessage[]): readonly RequestMessage[] {
  return messages
    .filter(({ role, text }) => role !== 'assistant' || text !== '')
    .map(({ role, text }) => ({ role, content: text }))
}

/** The questions among a run's `input`; the last one is the message that the run's `parent` names. */
export function questionsOfInput(
  input: readonly unknown[],
  parent: string | null,
  createId: () => string,
): readonly QuestionMessage[] {
  const questions = input.filter(isObject).filter(({ role }) => role === 'user' || role === 'system')
  return questions.map(({ role, content }, i) => {
    const id = i === questions.length - 1 && parent !== null ? parent : createId()
    return questionMessage(role === 'user' ? 'user' : 'system', id, contentText(content, ''))
  })
}
