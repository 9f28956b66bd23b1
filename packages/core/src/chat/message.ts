import { isObject, stringOr } from '../json.ts'
import type { AssistantPart, TextPart } from '../message/message.ts'
import type { RequestMessage } from '../client/options.ts'
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
    return questionMessage(role === 'user' ? 'user' : 'system', id, contentText(content))
  })
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => (isObject(part) ? stringOr(part['text'], '') : '')).join('')
}
