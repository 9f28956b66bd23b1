import type { ChatDelta, ToolCallDelta } from './chunk.ts'

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

/** What a reasoning model tells of its thinking. Not part of `message.text`. */
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
}

export interface ToolCallPart {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  /** JSON text, as far as it came; complete only when the run completed. */
  readonly arguments: string
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

/** Builds one message from its deltas, in time linear in their number. */
export interface MessageAccumulator {
  readonly text: string
  readonly isEmpty: boolean
  append(delta: ChatDelta): void
  /** Puts another message in the place of this one, and returns the text by which it is longer, as a delta. */
  replace(message: AssistantMessage): ChatDelta | undefined
  /** The message so far, as a new immutable value. Costs one small object a part. */
  message(): AssistantMessage
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** @param initial the message that earlier deltas built, when a run is rejoined from its middle */
export function createMessageAccumulator(id: string, initial?: AssistantMessage): MessageAccumulator {
  // `+=` on strings is a rope in every engine: appending costs nothing of what is already there.
  let text = ''
  let parts: Mutable<AssistantPart>[] = []
  const calls = new Map<number, Mutable<ToolCallPart>>()
  if (initial !== undefined) take(initial)

  function take(message: AssistantMessage): void {
    text = message.text
    parts = message.parts.map((part) => ({ ...part }))
    calls.clear()
    for (const part of parts) if (part.type === 'tool-call') calls.set(calls.size, part)
  }

  function appendProse(type: 'text' | 'reasoning', piece: string): void {
    const last = parts.at(-1)
    if (last?.type === type) last.text += piece
    else parts.push({ type, text: piece })
  }

  function appendCall(delta: ToolCallDelta): void {
    let call = calls.get(delta.index)
    if (call === undefined) {
      call = { type: 'tool-call', id: '', name: '', arguments: '' }
      calls.set(delta.index, call)
      parts.push(call)
    }
    // The id and the name come whole, in the first piece; some providers repeat them in each.
    if (delta.id) call.id = delta.id
    if (delta.name) call.name = delta.name
    if (delta.arguments) call.arguments += delta.arguments
  }

  return {
    get text() {
      return text
    },
    get isEmpty() {
      return parts.length === 0
    },
    append(delta) {
      if (delta.reasoning) appendProse('reasoning', delta.reasoning)
      if (delta.text) {
        text += delta.text
        appendProse('text', delta.text)
      }
      delta.toolCalls?.forEach(appendCall)
    },
    replace(message) {
      const known = text
      take(message)
      return message.text.startsWith(known) && message.text !== known
        ? { text: message.text.slice(known.length) }
        : undefined
    },
    message: () => ({ id, role: 'assistant', parts: parts.map((part) => ({ ...part })), text }),
  }
}
