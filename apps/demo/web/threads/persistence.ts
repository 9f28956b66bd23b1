import { keyValuePersistence, type ChatPersistence, type KeyValueStore } from '@sluice/react'
import { readThread } from './api.ts'

/**
 * Conversations live at the server, which saves each question and each answer itself. The browser keeps a copy, for a
 * question that never got there.
 */
export function serverPersistence(copies: KeyValueStore): ChatPersistence {
  const store: KeyValueStore = {
    async get(thread) {
      const [saved, copy] = await Promise.all([readThread(thread), copies.get(thread)])
      return merge(saved, typeof copy === 'string' ? copy : undefined)
    },
    set: (thread, text) => copies.set(thread, unheardOf(text)),
    del: copies.del,
  }
  return keyValuePersistence(store, '')
}

/** The answers that broke, or have no end yet, and their questions: of all others the server told the end. */
function unheardOf(text: string): string {
  const messages = readMessages(text)
  const ids = new Set(messages.filter(isUnheard).flatMap((message) => [idOf(message), Object(message).parentId]))
  const kept = messages.filter((message) => ids.has(idOf(message)))
  return JSON.stringify({ messages: kept, selected: Object(parse(text)).selected })
}

function isUnheard(message: unknown): boolean {
  const { role, outcome } = Object(message)
  return role === 'assistant' && (outcome === null || Object(outcome).error !== undefined)
}

/** All that the server has, and what it never heard of. What is shown last was selected in this browser. */
function merge(saved: string | undefined, copy: string | undefined): string | undefined {
  if (saved === undefined || copy === undefined) return saved ?? copy
  const known = readMessages(saved)
  const ids = new Set(known.map(idOf))
  const unheard = readMessages(copy).filter((message) => !ids.has(idOf(message)))
  return JSON.stringify({ messages: [...known, ...unheard], selected: Object(parse(copy)).selected })
}

function readMessages(text: string): readonly unknown[] {
  const messages: unknown = Object(parse(text)).messages
  return Array.isArray(messages) ? messages : []
}

function idOf(message: unknown): unknown {
  return Object(message).id
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const PREFIX = 'sluice-demo:'

/** A conversation that was deleted is not to come back from its copy. */
export function forgetThread(thread: string): void {
  void browserCopies().del(thread)
}

/** The browser's storage, as far as it goes: a copy that finds no room, or no storage, is not made. */
export function browserCopies(): KeyValueStore {
  const attempt = <Value>(work: () => Value): Value | undefined => {
    try {
      return work()
    } catch {
      return undefined
    }
  }
  return {
    get: (thread) => attempt(() => localStorage.getItem(PREFIX + thread)),
    set: (thread, text) => attempt(() => localStorage.setItem(PREFIX + thread, text)),
    del: (thread) => attempt(() => localStorage.removeItem(PREFIX + thread)),
  }
}
