import { isObject, stringOr } from '../json.ts'

/** The text of a request message's `content`: a string, or the text parts of an array, a line each. Never throws. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: unknown) => (isObject(part) ? stringOr(part['text'], '') : '')).join('\n')
}
