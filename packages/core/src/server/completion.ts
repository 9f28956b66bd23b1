import { openAIFinishReason, sluiceEnd } from '../run/end.ts'
import type { AssistantMessage } from '../message/message.ts'
import type { Usage } from '../message/usage.ts'
import type { RunOutcome } from '../run/outcome.ts'
import type { RunObject } from '../run/run-object.ts'

/** A gathered answer as one `chat.completion`, for clients that did not ask for a stream. */
export function chatCompletion(run: RunObject, outcome: RunOutcome, model: string): unknown {
  return {
    id: run.id,
    object: 'chat.completion',
    created: run.created,
    model,
    choices: [{ index: 0, message: openAIMessage(outcome.message), finish_reason: openAIFinishReason(outcome) }],
    usage: openAIUsage(outcome.usage),
    sluice: sluiceEnd(outcome),
  }
}

function openAIMessage({ text, parts }: AssistantMessage): unknown {
  const reasoning = parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []))
  const toolCalls = parts.flatMap((part) => (part.type === 'tool-call' ? [part] : []))
  return {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning.length > 0 && { reasoning_content: reasoning.join('') }),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({
        id,
        type: 'function',
        function: { name, arguments: args },
      })),
    }),
  }
}

function openAIUsage(usage: Usage): unknown {
  if (usage.source === 'unknown') return null
  const { inputTokens, outputTokens, totalTokens } = usage
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens }
}
