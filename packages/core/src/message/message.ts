import type { ChatDelta } from './chunk.ts'
import { createTextPartBuilder, type TextPart } from './text-part.ts'
import { createToolCalls, type ToolCallPart, type ToolCalls } from './tool-calls.ts'

export type { TextPart, ToolCallPart }

/** What a reasoning model tells of its thinking. Not part of `message.text`. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
}

export type AssistantPart = TextPart | ReasoningPart | ToolCallPart

/** The answer of one run: all that was delivered, and nothing else. */
export interface AssistantMessage {
  readonly id: string
  readonly role: 'assistant'
  /** In order of arrival; neighbouring deltas of one kind are one part. */
  readonly parts: readonly AssistantPart[]
  /** The text parts, joined. */
  readonly text: string
}

/** Builds one message from its deltas, in time linear in their length. */
export interface MessageAccumulator {
  readonly text: string
  readonly isEmpty: boolean
  append(delta: ChatDelta): void
  /** Puts another message in the place of this one, and returns the text by which it is longer, as a delta. */
  replace(message: AssistantMessage): ChatDelta | undefined
  /**
   * The message so far, as an immutable value. A part that nothing was added to is the same object as before, and so
   * are the `blocks` of a text part in which no block closed. Costs what came since the last one, a pointer a part, and
   * one a block when one closed.
   */
  message(): AssistantMessage
}

/** One part under way. */
interface PartBuilder {
  readonly part: AssistantPart
}

interface ProseBuilder extends PartBuilder {
  append(piece: string): void
}

/** @param initial the message that earlier deltas built, when a run is rejoined from its middle */
export function createMessageAccumulator(id: string, initial?: AssistantMessage): MessageAccumulator {
  return new Accumulator(id, initial)
}

/**
 * So many pieces are joined at a time. Added one by one they would be as many nodes of a rope, and each a part of the
 * text that it was cut from: of a long answer that would hold everything that was ever received.
 */
const MOST_PIECES = 256

// A class, as a server keeps one for each of thousands of runs: closures would cost each of them a kilobyte.
class Accumulator implements MessageAccumulator {
  readonly #id: string
  #text = ''
  #parts: PartBuilder[] = []
  #calls: ToolCalls | undefined
  /** The newest pieces of `#prose`, not joined to it yet. */
  #pieces: string[] = []
  #prose: { readonly type: 'text' | 'reasoning'; readonly builder: ProseBuilder } | undefined

  constructor(id: string, initial: AssistantMessage | undefined) {
    this.#id = id
    if (initial !== undefined) this.#take(initial)
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  get text(): string {
    this.#join()
    return this.#text
  }

  append({ reasoning, text, toolCalls = [] }: ChatDelta): void {
    if (reasoning) this.#appendProse('reasoning', reasoning)
    if (text) this.#appendProse('text', text)
    for (const piece of toolCalls) {
      const call = (this.#calls ??= createToolCalls()).append(piece)
      if (call !== undefined) this.#add(call)
    }
  }

  replace(message: AssistantMessage): ChatDelta | undefined {
    const known = this.text
    this.#take(message)
    return message.text.startsWith(known) && message.text !== known
      ? { text: message.text.slice(known.length) }
      : undefined
  }

  message(): AssistantMessage {
    this.#join()
    return { id: this.#id, role: 'assistant', parts: this.#parts.map(({ part }) => part), text: this.#text }
  }

  #take(message: AssistantMessage): void {
    this.#pieces = []
    this.#parts = []
    this.#prose = undefined
    this.#calls = createToolCalls()
    for (const part of message.parts) {
      if (part.type === 'tool-call') this.#add(this.#calls.restore(part))
      else this.#appendProse(part.type, part.text)
    }
    this.#join()
    this.#text = message.text
  }

  #add(builder: PartBuilder): void {
    this.#join()
    this.#parts.push(builder)
    this.#prose = undefined
  }

  #join(): void {
    const prose = this.#prose
    if (prose === undefined || this.#pieces.length === 0) return
    const piece = this.#pieces.join('')
    this.#pieces = []
    if (prose.type === 'text') this.#text += piece
    prose.builder.append(piece)
  }

  #appendProse(type: 'text' | 'reasoning', piece: string): void {
    if (this.#prose?.type !== type) this.#begin(type)
    this.#pieces.push(piece)
    if (this.#pieces.length >= MOST_PIECES) this.#join()
  }

  #begin(type: 'text' | 'reasoning'): void {
    const builder = type === 'text' ? createTextPartBuilder() : new ReasoningBuilder()
    this.#add(builder)
    this.#prose = { type, builder }
  }
}

class ReasoningBuilder implements ProseBuilder {
  part: ReasoningPart = { type: 'reasoning', text: '' }

  append(piece: string): void {
    this.part = { type: 'reasoning', text: this.part.text + piece }
  }
}
