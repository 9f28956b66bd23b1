import type { AssistantMessage, AssistantPart, ReasoningPart, ToolCallPart } from '../message/message.ts'
import { textPart, type TextPart } from '../message/text-part.ts'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import { outcomeOfEnd, type SluiceEnd } from '../run/end.ts'
import type { RunOutcome } from '../run/outcome.ts'

type WithoutMessage<T> = T extends unknown ? Omit<T, 'message'> : never

/** How the run of a message ended; the message itself is what it is part of. */
export type MessageOutcome = WithoutMessage<RunOutcome>

/** A file that a question has with it. */
export interface FilePart {
  readonly type: 'file'
  /** A `data:` URL, or one that the provider can fetch (images alone, with most providers). */
  readonly url: string
  /** E.g. `image/png`. */
  readonly mediaType: string
  readonly name?: string
}

/** A call that a model made, and what it was answered; `output` is absent until it is. */
export interface ToolCall extends ToolCallPart {
  readonly output?: unknown
}

export type QuestionPart = TextPart | FilePart
export type AnswerPart = Exclude<AssistantPart, ToolCallPart> | ToolCall

interface MessageBase<Metadata> {
  readonly id: string
  /** The message before it; `null` for the first of a chat. Messages with one parent are branches. */
  readonly parentId: string | null
  /** The text parts, joined. */
  readonly text: string
  /** The app's own; never sent. */
  readonly metadata?: Metadata
}

/** What a person, or the app for it, said. */
export interface QuestionMessage<Metadata = unknown> extends MessageBase<Metadata> {
  readonly role: 'user' | 'system'
  readonly parts: readonly QuestionPart[]
}

/** An answer: live while `outcome` is `null`. From then on only the `output` of its tool calls is added. */
export interface AnswerMessage<Metadata = unknown> extends MessageBase<Metadata> {
  readonly role: 'assistant'
  readonly parts: readonly AnswerPart[]
  /**
   * Its `status` says whether the answer is whole (`completed`), stopped (`cancelled`) or broken (`incomplete`, `failed`),
   * and beside it stand the `usage`, and what is known of the billing of a stopped one.
   */
  readonly outcome: MessageOutcome | null
}

/** One message of a chat. Immutable: a change makes a new one, and an unchanged one keeps its identity. */
export type ChatMessage<Metadata = unknown> = QuestionMessage<Metadata> | AnswerMessage<Metadata>

/** A message from elsewhere: a database, a saved thread, or this same chat. Every `ChatMessage` is one. */
export interface InputMessage {
  /** Distinct within its chat. */
  readonly id: string
  readonly role: 'user' | 'system' | 'assistant'
  readonly text: string
  /** Default: one text part, of `text`. */
  readonly parts?: readonly (FilePart | ReasoningPart | ToolCall | { readonly type: 'text'; readonly text: string })[]
  /** Default: the message before it in its array. */
  readonly parentId?: string | null
  /** Default: completed, with unknown usage. */
  readonly outcome?: MessageOutcome | null
  readonly metadata?: unknown
}

/** What an input says nothing of: it was whole, for all that is known. */
const WHOLE: MessageOutcome = { status: 'completed', finishReason: null, usage: UNKNOWN_USAGE, skippedChunks: 0 }

/** The message that an app, or what it saved, means. `metadata` was checked. */
export function readInput(
  { id, role, text, parts = [{ type: 'text', text }], outcome = WHOLE }: InputMessage,
  parentId: string | null,
  metadata: unknown,
): ChatMessage {
  const base = { id, parentId, text, ...(metadata !== undefined && { metadata }) }
  const read = parts.map((part) => (part.type === 'text' ? textPart(part.text) : part))
  return role === 'assistant'
    ? { ...base, role, parts: read.filter((part) => part.type !== 'file'), outcome }
    : { ...base, role, parts: read.filter((part) => part.type === 'text' || part.type === 'file') }
}

/** What an end says of the message that it ended; `null` where there is no end yet. */
export function messageOutcome(end: SluiceEnd | undefined, message: AssistantMessage): MessageOutcome | null {
  if (end === undefined) return null
  const { message: _, ...outcome } = outcomeOfEnd(end, message)
  return outcome
}
