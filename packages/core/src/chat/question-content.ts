import { isObject, type JsonObject } from '../json.ts'
import type { NewMessage } from './chat.ts'
import type { FilePart, QuestionPart } from './message.ts'

type InputParts = NonNullable<NewMessage['parts']>

/**
 * A question as OpenAI's API takes it: its text, or content parts.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create (read 2026-11-22)
 */
export function questionContent(parts: readonly QuestionPart[], text: string): unknown {
  if (parts.every(({ type }) => type === 'text')) return text
  return parts.map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : fileContent(part)))
}

function fileContent({ url, mediaType, name = 'file' }: FilePart): object {
  if (mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url } }
  const audio = /^audio\/(?:x-)?(wav|mp3|mpeg)/.exec(mediaType)?.[1]
  if (audio === undefined) return { type: 'file', file: { filename: name, file_data: url } }
  const base64 = url.slice(url.indexOf(',') + 1)
  return { type: 'input_audio', input_audio: { data: base64, format: audio === 'wav' ? audio : 'mp3' } }
}

/**
 * The parts of a question from a request message's `content`, for whoever shows or saves what was asked. What is neither
 * text nor a file is left out. Never throws.
 */
export function partsOfContent(content: unknown): InputParts {
  const pieces = typeof content === 'string' ? [{ text: content }] : Array.isArray(content) ? content : []
  return pieces.filter(isObject).flatMap(partOfContent)
}

function partOfContent({ text, image_url: image, file, input_audio: audio }: JsonObject): InputParts {
  if (typeof text === 'string') return [{ type: 'text', text }]
  if (isObject(image)) return filePart(image['url'], 'image/*')
  if (isObject(file)) return filePart(file['file_data'], 'application/octet-stream', file['filename'])
  if (isObject(audio))
    return filePart(`data:audio/${String(audio['format'])};base64,${String(audio['data'])}`, 'audio/*')
  return []
}

function filePart(url: unknown, kind: string, name?: unknown): InputParts {
  if (typeof url !== 'string') return []
  const mediaType = /^data:([^;,]+)/.exec(url)?.[1] ?? kind
  return [{ type: 'file', url, mediaType, ...(typeof name === 'string' && { name }) }]
}
