import { ChatStreamError } from '../errors.ts'
import { chunkFacts, type ChatChunk, type ChatDelta } from '../message/chunk.ts'
import { createMessageAccumulator, type AssistantMessage, type AssistantPart } from '../message/message.ts'
import { estimateUsage, readUsage, UNKNOWN_USAGE, type Usage } from '../message/usage.ts'
import type { OutcomeFacts } from './outcome.ts'

/** Malformed events that a run survives. One is a glitch not worth losing an answer for; many are no stream at all. */
const MAX_SKIPPED_CHUNKS = 16

/** What one end of a run has received so far. Both ends keep one, so that both tell the same outcome. */
export interface RunLedger {
  readonly text: string
  /** Whether nothing has been delivered yet. */
  readonly isEmpty: boolean
  readonly finishReason: string | null
  /** Who really answers, as the chunks name it. */
  readonly provider: string | undefined
  /** Counts a chunk, and returns what it adds to the message, if anything. */
  add(chunk: ChatChunk): ChatDelta | undefined
  /** Takes a message as the other end has it, where the events in between can no longer be had. */
  recover(message: AssistantMessage): ChatDelta | undefined
  /** Counts events that were no chunks; returns the error of a run that had too many. */
  skip(count: number): ChatStreamError | undefined
  message(): AssistantMessage
  facts(): OutcomeFacts
}

export interface LedgerOptions {
  readonly messageId: string
  /** The messages of the request, for an estimate of its tokens. */
  readonly messages: readonly unknown[]
  /** What was delivered before this end began to count. */
  readonly received?: AssistantMessage | undefined
}

export function createRunLedger({ messageId, messages, received }: LedgerOptions): RunLedger {
  const message = createMessageAccumulator(messageId, received)
  let finishReason: string | null = null
  let provider: string | undefined
  let counted: Usage | undefined
  let skippedChunks = 0

  function usage(): Usage {
    if (counted !== undefined) return counted
    return message.isEmpty ? UNKNOWN_USAGE : estimateUsage(messages, message.message().parts.map(writtenText).join(''))
  }

  return {
    get text() {
      return message.text
    },
    get isEmpty() {
      return message.isEmpty
    },
    get finishReason() {
      return finishReason
    },
    get provider() {
      return provider
    },
    add(chunk) {
      const { delta, finishReason: reason } = chunkFacts(chunk)
      finishReason = reason ?? finishReason
      // A count that text follows was not the last one: it says nothing of what came after it.
      counted = readUsage(chunk.usage) ?? (delta === undefined ? counted : undefined)
      if (typeof chunk.provider === 'string') provider = chunk.provider
      if (delta !== undefined) message.append(delta)
      return delta
    },
    recover: message.replace,
    skip(count) {
      skippedChunks += count
      if (skippedChunks <= MAX_SKIPPED_CHUNKS) return undefined
      return new ChatStreamError('protocol', `Expected chunks as JSON objects; ${skippedChunks} events were none.`)
    },
    message: () => message.message(),
    facts: () => ({ message: message.message(), finishReason, usage: usage(), skippedChunks }),
  }
}

/** All that a model wrote for a part: providers count, and bill, reasoning and tool calls as output. */
function writtenText(part: AssistantPart): string {
  return part.type === 'tool-call' ? part.name + part.arguments : part.text
}
