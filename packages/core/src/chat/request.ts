import type { RequestMessage } from '../client/options.ts'
import { encodeBody, resolveFetch, send } from '../http/send.ts'
import type { ChatRequest, ChatSettings, RunTrigger, SendOptions } from './chat.ts'
import type { AnswerMessage, ChatMessage, ToolCall } from './message.ts'
import type { Requests } from './peer.ts'
import { questionContent } from './question-content.ts'
import { isAnswered, toolCalls } from './tool-calls.ts'

/** How requests are sent by these settings. */
export function requestsOf(settings: ChatSettings): Requests {
  const { headers, body: _, ...rest } = settings
  if (typeof headers !== 'function') return { ...rest, ...(headers !== undefined && { headers }) }
  const fetch = resolveFetch(rest.fetch)
  return {
    ...rest,
    async fetch(url, init) {
      const all = { ...Object.fromEntries(new Headers(init.headers)), ...(await headers()) }
      return send(fetch, url, { ...init, headers: all }, 'The server')
    },
  }
}

/** What is asked for the answer to a branch. Throws what the app's own `body` and `prepareRequest` throw. */
export function prepareRequest(
  settings: ChatSettings,
  branch: readonly ChatMessage[],
  trigger: RunTrigger,
  { body }: SendOptions,
): ChatRequest {
  const fields = typeof settings.body === 'function' ? settings.body() : settings.body
  const request = { model: settings.model, messages: requestMessages(branch), body: { ...fields, ...body } }
  return settings.prepareRequest?.(request, trigger) ?? request
}

/**
 * A branch as OpenAI's API takes it. Providers refuse an answer of which nothing was delivered, and a tool call without
 * its output: both are left out.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create (read 2026-11-22)
 */
export function requestMessages(branch: readonly ChatMessage[]): readonly RequestMessage[] {
  return branch.flatMap((message) =>
    message.role === 'assistant'
      ? answerMessages(message)
      : { role: message.role, content: questionContent(message.parts, message.text) },
  )
}

function answerMessages(message: AnswerMessage): readonly RequestMessage[] {
  const { role, text } = message
  const calls = toolCalls(message).filter(isAnswered)
  if (calls.length === 0) return text === '' ? [] : [{ role, content: text }]
  return [
    { role, content: text === '' ? null : text, tool_calls: calls.map(requestCall) },
    ...calls.map(({ id, output }) => ({
      role: 'tool',
      tool_call_id: id,
      content: typeof output === 'string' ? output : encodeBody(output),
    })),
  ]
}

function requestCall({ id, name, arguments: args }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: args } }
}
