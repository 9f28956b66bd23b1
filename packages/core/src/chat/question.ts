import { textPart } from '../message/text-part.ts'
import type { NewMessage } from './chat.ts'
import type { QuestionMessage, QuestionPart } from './message.ts'

/** Where a question stands. */
type Place = Pick<QuestionMessage, 'id' | 'parentId' | 'role'>

/** A question as it is shown and sent. */
export function questionMessage({ text = '', files = [], metadata, parts }: NewMessage, place: Place): QuestionMessage {
  const asked = parts ?? [...files, ...(text === '' ? [] : [{ type: 'text', text } as const])]
  const read = asked.map((part) => (part.type === 'text' ? textPart(part.text) : part))
  const texts = read.map((part) => (part.type === 'text' ? part.text : ''))
  return { ...place, parts: read, text: texts.join(''), ...(metadata !== undefined && { metadata }) }
}

/** A question in other words: its files and metadata stay, unless others are given. */
export function reword({ parts, metadata }: QuestionMessage, message: NewMessage): NewMessage {
  return { files: parts.filter((part) => part.type === 'file'), metadata, ...message }
}

export function isBlank({ parts, text }: QuestionMessage): boolean {
  return text.trim() === '' && parts.every(isText)
}

function isText({ type }: QuestionPart): boolean {
  return type === 'text'
}
