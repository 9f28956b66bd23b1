import { partsOfContent } from '@sluice/core'
import type { ChatRequest } from '@sluice/express'

/** The text of a message of a request: its content, or the text parts of it. */
export function textOf(message: unknown): string {
  return questionParts(message)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
}

/** The content of a question as the page keeps it: its text, and its files. */
export function questionParts(message: unknown): ReturnType<typeof partsOfContent> {
  return partsOfContent(Object(message).content)
}

/** What the tool calls of the answer before were answered, by their ids; none where a question is asked. */
export function toolOutputs({ messages }: ChatRequest): ReadonlyMap<string, string> {
  const outputs = messages.slice(messages.findLastIndex((message) => Object(message).role !== 'tool') + 1)
  return new Map(outputs.map((message) => [String(Object(message).tool_call_id), textOf(message)]))
}
