import { RequestError } from './http.ts'

/** One message of a request, reduced to its text. */
export interface SimulatorMessage {
  readonly role: string
  /** The content; of content parts, the text parts joined. Empty if there is no text. */
  readonly text: string
}

/** A chat completion request that passed validation. */
export interface CompletionRequest {
  readonly model: string
  readonly messages: readonly SimulatorMessage[]
  /** The text of the last user message; empty if there is none. */
  readonly prompt: string
  readonly stream: boolean
  /** `stream_options.include_usage` */
  readonly includeUsage: boolean
  /** `max_completion_tokens`, else `max_tokens`; `null` if neither is set. A longer answer is cut with `length`. */
  readonly maxTokens: number | null
  /** The names of the functions in `tools`. */
  readonly tools: readonly string[]
  /** Whether the last message is the output of a tool. */
  readonly hasOutputs: boolean
  /** The parsed body as it came. */
  readonly body: Readonly<Record<string, unknown>>
}

/** @throws {RequestError} 400 for anything that is not a chat completion request of one choice. */
export function parseRequest(text: string): CompletionRequest {
  const body = parseJson(text)
  if (!isRecord(body)) throw invalid(null, 'The body must be a JSON object.')
  const model = body['model']
  if (typeof model !== 'string' || model === '') throw invalid('model', 'You must provide a model parameter.')
  const choices = body['n'] ?? 1
  if (choices !== 1) throw invalid('n', 'Only one choice is supported: leave n out or set it to 1.')
  const messages = parseMessages(body['messages'])
  return {
    model,
    messages,
    prompt: messages.findLast(({ role }) => role === 'user')?.text ?? '',
    stream: parseFlag(body['stream'], 'stream'),
    includeUsage: parseIncludeUsage(body['stream_options']),
    maxTokens:
      parseLimit(body['max_completion_tokens'], 'max_completion_tokens') ??
      parseLimit(body['max_tokens'], 'max_tokens'),
    tools: toolNames(body['tools']),
    hasOutputs: messages.at(-1)?.role === 'tool',
    body,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid(null, 'The body is not valid JSON.')
  }
}

function parseMessages(value: unknown): readonly SimulatorMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid('messages', 'messages must be an array with at least one message.')
  }
  return value.map((message: unknown, index) => {
    const at = `messages[${index}]`
    if (!isRecord(message)) throw invalid(at, `${at} must be an object.`)
    const { role, content } = message
    if (typeof role !== 'string' || role === '') throw invalid(`${at}.role`, `${at}.role must be a string.`)
    return { role, text: parseContent(content, `${at}.content`) }
  })
}

/** Null and absent content are legal: an assistant message with tool calls has no text. */
function parseContent(content: unknown, at: string): string {
  if (content === null || content === undefined) return ''
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw invalid(at, `${at} must be a string or an array of content parts.`)
  return content
    .map((part: unknown) => {
      if (!isRecord(part)) throw invalid(at, `${at} must hold content parts, each an object.`)
      return typeof part['text'] === 'string' ? part['text'] : ''
    })
    .join('')
}

/** What is no function with a name is left out: the simulator calls, it does not validate. */
function toolNames(tools: unknown): readonly string[] {
  if (!Array.isArray(tools)) return []
  return tools.flatMap((tool: unknown) => {
    const name = isRecord(tool) && isRecord(tool['function']) ? tool['function']['name'] : undefined
    return typeof name === 'string' ? [name] : []
  })
}

function parseIncludeUsage(options: unknown): boolean {
  if (options === null || options === undefined) return false
  if (!isRecord(options)) throw invalid('stream_options', 'stream_options must be an object.')
  return parseFlag(options['include_usage'], 'stream_options.include_usage')
}

function parseFlag(value: unknown, param: string): boolean {
  if (value === null || value === undefined) return false
  if (typeof value !== 'boolean') throw invalid(param, `${param} must be true or false.`)
  return value
}

function parseLimit(value: unknown, param: string): number | null {
  if (value === null || value === undefined) return null
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw invalid(param, `${param} must be a whole number of at least 1.`)
  }
  return value
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(param: string | null, message: string): RequestError {
  return new RequestError(400, { message, type: 'invalid_request_error', param, code: null })
}
