import { ChatStreamError } from '../errors.ts'
import { chunkFacts, type ChatChunk, type ChatDelta } from '../message/chunk.ts'
import {
  createMessageAccumulator,
  type AssistantMessage,
  type AssistantPart,
  type MessageAccumulator,
} from '../message/message.ts'
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

export function createRunLedger(options: LedgerOptions): RunLedger {
  return new Ledger(options)
}

// A class, as a server keeps a ledger for each of thousands of runs: closures would cost each of them a kilobyte.
class Ledger implements RunLedger {
  readonly #messages: readonly unknown[]
  readonly #message: MessageAccumulator
  finishReason: string | null = null
  provider: string | undefined
  #counted: Usage | undefined
  #skippedChunks = 0

  constructor({ messageId, messages, received }: LedgerOptions) {
    this.#messages = messages
    this.#message = createMessageAccumulator(messageId, received)
  }

  get text(): string {
    return this.#message.text
  }

  get isEmpty(): boolean {
    return this.#message.isEmpty
  }

  add(chunk: ChatChunk): ChatDelta | undefined {
    const { delta, finishReason } = chunkFacts(chunk)
    this.finishReason = finishReason ?? this.finishReason
    // A count that text follows was not the last one: it says nothing of what came after it.
    this.#counted = readUsage(chunk.usage) ?? (delta === undefined ? this.#counted : undefined)
    if (typeof chunk.provider === 'string') this.provider = chunk.provider
    if (delta !== undefined) this.#message.append(delta)
    return delta
  }

  recover(message: AssistantMessage): ChatDelta | undefined {
    return this.#message.replace(message)
  }

  skip(count: number): ChatStreamError | undefined {
    this.#skippedChunks += count
    const skipped = this.#skippedChunks
    if (skipped <= MAX_SKIPPED_CHUNKS) return undefined
    return new ChatStreamError('protocol', `Expected chunks as JSON objects; ${skipped} events were none.`)
  }

  message(): AssistantMessage {
    return this.#message.message()
  }

  facts(): OutcomeFacts {
    const { finishReason } = this
    return { message: this.message(), finishReason, usage: this.#usage(), skippedChunks: this.#skippedChunks }
  }

  #usage(): Usage {
    if (this.#counted !== undefined) return this.#counted
    if (this.isEmpty) return UNKNOWN_USAGE
    return estimateUsage(this.#messages, this.message().parts.map(writtenText).join(''))
  }
}

/** All that a model wrote for a part: providers count, and bill, reasoning and tool calls as output. */
function writtenText(part: AssistantPart): string {
  return part.type === 'tool-call' ? part.name + part.arguments : part.text
}
