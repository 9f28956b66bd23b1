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

// A class, as a server keeps one for each of thousands of runs: closures would cost each of them a kilobyte.
class Accumulator implements MessageAccumulator {
  readonly #id: string
  text = ''
  #parts: PartBuilder[] = []
  #calls: ToolCalls | undefined
  #prose: { readonly type: 'text' | 'reasoning'; readonly builder: ProseBuilder } | undefined

  constructor(id: string, initial: AssistantMessage | undefined) {
    this.#id = id
    if (initial !== undefined) this.#take(initial)
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  append({ reasoning, text, toolCalls = [] }: ChatDelta): void {
    if (reasoning) this.#appendProse('reasoning', reasoning)
    if (text) {
      this.text += text
      this.#appendProse('text', text)
    }
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
    return { id: this.#id, role: 'assistant', parts: this.#parts.map(({ part }) => part), text: this.text }
  }

  #take(message: AssistantMessage): void {
    this.text = message.text
    this.#parts = []
    this.#prose = undefined
    this.#calls = createToolCalls()
    for (const part of message.parts) {
      if (part.type === 'tool-call') this.#add(this.#calls.restore(part))
      else this.#appendProse(part.type, part.text)
    }
  }

  #add(builder: PartBuilder): void {
    this.#parts.push(builder)
    this.#prose = undefined
  }

  #appendProse(type: 'text' | 'reasoning', piece: string): void {
    if (this.#prose?.type === type) return this.#prose.builder.append(piece)
    const builder = type === 'text' ? createTextPartBuilder(piece) : createReasoningBuilder(piece)
    this.#add(builder)
    this.#prose = { type, builder }
  }
}

function createReasoningBuilder(text: string): ProseBuilder {
  let part: ReasoningPart = { type: 'reasoning', text }
  return {
    append(piece) {
      part = { type: 'reasoning', text: part.text + piece }
    },
    get part() {
      return part
    },
  }
}
