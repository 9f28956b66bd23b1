import { isObject, parseJson, stringOr, type JsonObject } from '../json.ts'
import { readMessage } from '../run/run-object.ts'
import { readSluiceEnd, sluiceEnd } from '../run/end.ts'
import { messageOutcome, questionMessage, type ChatMessage } from './message.ts'

type Awaitable<T> = T | PromiseLike<T>

/** Where a chat keeps its messages between visits. Failures are told by throwing or rejecting. */
export interface ChatPersistence {
  /** The messages of a thread, or `undefined` for one that was never saved. */
  load(thread: string): Awaitable<readonly ChatMessage[] | undefined>
  /** Called after each send and each end. */
  save(thread: string, messages: readonly ChatMessage[]): Awaitable<void>
  remove(thread: string): Awaitable<void>
}

/** Keeps the messages as long as the page lives. */
export function memoryPersistence(): ChatPersistence {
  const threads = new Map<string, readonly ChatMessage[]>()
  return {
    load: (thread) => threads.get(thread),
    save: (thread, messages) => void threads.set(thread, messages),
    remove: (thread) => void threads.delete(thread),
  }
}

/** Keeps the messages in Web Storage, as JSON under `${prefix}${thread}`. What is there and unreadable is no message. */
export function storagePersistence(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  prefix = 'sluice:',
): ChatPersistence {
  return {
    load(thread) {
      const stored = storage.getItem(prefix + thread)
      return stored === null ? undefined : restoreMessages(parseJson(stored))
    },
    save: (thread, messages) => storage.setItem(prefix + thread, JSON.stringify(messages.map(storedMessage))),
    remove: (thread) => storage.removeItem(prefix + thread),
  }
}

function storedMessage(message: ChatMessage): unknown {
  if (message.role !== 'assistant' || message.outcome === null) return message
  const { outcome, ...rest } = message
  const whole = { ...outcome, message: { id: rest.id, role: rest.role, parts: rest.parts, text: rest.text } }
  // A viewer that left knows of no end: the server tells it when the chat returns.
  return { ...rest, outcome: 'detached' in outcome ? null : sluiceEnd(whole) }
}

function restoreMessages(value: unknown): readonly ChatMessage[] {
  return Array.isArray(value) ? value.filter(isObject).flatMap(restoreMessage) : []
}

function restoreMessage(value: JsonObject): readonly ChatMessage[] {
  const { id, role, text } = value
  if (typeof id !== 'string') return []
  if (role === 'user' || role === 'system') return [questionMessage(role, id, stringOr(text, ''))]
  const message = role === 'assistant' ? readMessage(value) : undefined
  return message === undefined
    ? []
    : [{ ...message, outcome: messageOutcome(readSluiceEnd(value['outcome']), message) }]
}
