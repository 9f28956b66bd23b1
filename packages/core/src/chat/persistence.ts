import { isObject, parseJson, stringOr, type JsonObject } from '../json.ts'
import { readSluiceEnd, sluiceEnd } from '../run/end.ts'
import { readMessage } from '../run/run-object.ts'
import { messageOutcome, type ChatMessage, type InputMessage } from './message.ts'

export type Awaitable<T> = T | PromiseLike<T>

/** What a chat keeps between visits. */
export interface SavedChat<Message extends InputMessage = InputMessage> {
  /** Those of every branch. */
  readonly messages: readonly Message[]
  /** The last message of the branch that is shown; `null` for an empty chat. */
  readonly selected: string | null
}

/** Where a chat keeps its messages between visits. Failures are told by throwing or rejecting, and never fatal. */
export interface ChatPersistence {
  /** What was saved of a thread, or `undefined` for one that never was. */
  load(thread: string): Awaitable<SavedChat | undefined>
  /** Called after each send, each end, and each change that the app makes. */
  save(thread: string, chat: SavedChat<ChatMessage>): Awaitable<void>
  remove(thread: string): Awaitable<void>
}

/** Keeps the messages as long as the page lives. */
export function memoryPersistence(): ChatPersistence {
  const threads = new Map<string, SavedChat>()
  return {
    load: (thread) => threads.get(thread),
    save: (thread, chat) => void threads.set(thread, chat),
    remove: (thread) => void threads.delete(thread),
  }
}

/** The functions of idb-keyval, as they are, or those of anything else that keeps texts by name. */
export interface KeyValueStore {
  get(key: string): Awaitable<unknown>
  set(key: string, value: string): Awaitable<unknown>
  del(key: string): Awaitable<unknown>
}

/**
 * Keeps the messages as JSON text under `${prefix}${thread}`. What is there and not readable is no message, and neither is
 * the cause of an error.
 */
export function keyValuePersistence({ get, set, del }: KeyValueStore, prefix = 'sluice:'): ChatPersistence {
  return {
    async load(thread) {
      const stored = await get(prefix + thread)
      return typeof stored === 'string' ? readSaved(parseJson(stored)) : undefined
    },
    async save(thread, { messages, selected }) {
      await set(prefix + thread, JSON.stringify({ messages: messages.map(storedMessage), selected }))
    },
    async remove(thread) {
      await del(prefix + thread)
    },
  }
}

type WebStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/**
 * Keeps the messages in Web Storage.
 *
 * @param storage `localStorage`, or a function that gives it: that is first called in the browser, so that a server can
 *   render the component, and a browser that denies storage gets a chat
 */
export function storagePersistence(storage: WebStorage | (() => WebStorage), prefix?: string): ChatPersistence {
  const open = (): WebStorage => (typeof storage === 'function' ? storage() : storage)
  const store: KeyValueStore = {
    get: (key) => open().getItem(key),
    set: (key, value) => open().setItem(key, value),
    del: (key) => open().removeItem(key),
  }
  return keyValuePersistence(store, prefix)
}

function storedMessage(message: ChatMessage): unknown {
  if (message.role !== 'assistant' || message.outcome === null) return message
  const { outcome, ...rest } = message
  // A viewer that left knows of no end: the server tells it when the chat returns.
  return { ...rest, outcome: 'detached' in outcome ? null : sluiceEnd({ ...outcome, message: rest }) }
}

function readSaved(value: unknown): SavedChat | undefined {
  if (!isObject(value) || !Array.isArray(value['messages'])) return undefined
  const messages = value['messages'].filter(isObject).flatMap(readSavedMessage)
  return { messages, selected: stringOr(value['selected'], null) }
}

function readSavedMessage(value: JsonObject): readonly InputMessage[] {
  const { role, parentId, parts, metadata } = value
  const read = readMessage(value)
  if (read === undefined || (role !== 'user' && role !== 'system' && role !== 'assistant')) return []
  const { id, text } = read
  return [
    {
      id,
      role,
      text,
      parts: Array.isArray(parts) ? parts.filter(isObject).flatMap(readSavedPart) : [],
      ...((typeof parentId === 'string' || parentId === null) && { parentId }),
      ...(role === 'assistant' && { outcome: messageOutcome(readSluiceEnd(value['outcome']), read) }),
      ...(metadata !== undefined && { metadata }),
    },
  ]
}

function readSavedPart(part: JsonObject): NonNullable<InputMessage['parts']> {
  const { type, url, mediaType, name, output } = part
  if (type === 'file' && typeof url === 'string' && typeof mediaType === 'string') {
    return [{ type, url, mediaType, ...(typeof name === 'string' && { name }) }]
  }
  const parts = readMessage({ id: '', parts: [part] })?.parts ?? []
  return parts.map((read) => (read.type === 'tool-call' && output !== undefined ? { ...read, output } : read))
}
