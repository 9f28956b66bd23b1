import type { ChatRequest } from '@sluice/express'

/** The text of a message of a request: its content, or the text parts of it. */
export function textOf(message: unknown): string {
  const content: unknown = Object(message).content
  if (typeof content === 'string') return content
  return partsOf(content)
    .map((part): unknown => Object(part).text)
    .filter((text) => typeof text === 'string')
    .join('')
}

/** The content of a question as the page keeps it: pictures as files, everything else as text. */
export function questionParts(message: unknown): readonly unknown[] {
  const content: unknown = Object(message).content
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return partsOf(content).flatMap((part): readonly unknown[] => {
    const { type, text, image_url: image } = Object(part)
    if (type === 'text' && typeof text === 'string') return [{ type: 'text', text }]
    const url: unknown = Object(image).url
    return typeof url === 'string' ? [{ type: 'file', url, mediaType: mediaTypeOf(url) }] : []
  })
}

/** What the tool calls of the answer before were answered, by their ids; none where a question is asked. */
export function toolOutputs({ messages }: ChatRequest): ReadonlyMap<string, string> {
  const outputs = messages.slice(messages.findLastIndex((message) => Object(message).role !== 'tool') + 1)
  return new Map(outputs.map((message) => [String(Object(message).tool_call_id), textOf(message)]))
}

function partsOf(content: unknown): readonly unknown[] {
  return Array.isArray(content) ? content : []
}

function mediaTypeOf(url: string): string {
  return /^data:([\w.+-]+\/[\w.+-]+)[;,]/.exec(url)?.[1] ?? 'image/*'
}
