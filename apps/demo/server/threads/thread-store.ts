import type { Client, Value } from '@libsql/client'
import { openDatabase } from './database.ts'
import type { SavedMessage } from './saved-message.ts'

/** A conversation, as the sidebar lists it. Times are epoch ms. */
export interface ThreadSummary {
  readonly id: string
  readonly title: string
  readonly updatedAt: number
}

/** Where the conversations are kept. Deleted ones stay deleted, also when an answer of theirs ends later. */
export interface ThreadStore {
  /** The newest first, at most 500. */
  list(): Promise<readonly ThreadSummary[]>
  /** In the order in which they were first saved; `undefined` if there is no such thread. */
  messages(thread: string): Promise<readonly SavedMessage[] | undefined>
  /** Makes the thread with its first question; later ones are added, and a known one is left as it is. */
  saveQuestion(thread: string, question: SavedMessage): Promise<void>
  /** Adds a message, or writes a new version of it. Nothing happens where the thread was deleted. */
  saveMessage(thread: string, message: SavedMessage): Promise<void>
  /** `false` if there is no such thread. */
  rename(thread: string, title: string): Promise<boolean>
  remove(thread: string): Promise<boolean>
  close(): void
}

/** Longer titles are cut, in UTF-16 code units. */
export const MAX_TITLE = 80

const MAX_THREADS = 500

export async function openThreadStore(path: string): Promise<ThreadStore> {
  const client = await openDatabase(path)
  return {
    list: () => list(client),
    messages: (thread) => messages(client, thread),
    saveQuestion: (thread, question) => saveQuestion(client, thread, question),
    saveMessage: (thread, message) => saveMessage(client, thread, message),
    rename: (thread, title) => rename(client, thread, title),
    remove: (thread) => remove(client, thread),
    close: () => client.close(),
  }
}

async function list(client: Client): Promise<readonly ThreadSummary[]> {
  const { rows } = await client.execute({
    sql: 'SELECT id, title, updated_at FROM threads ORDER BY updated_at DESC, id LIMIT ?',
    args: [MAX_THREADS],
  })
  return rows.map((row) => ({
    id: textOf(row['id']),
    title: textOf(row['title']),
    updatedAt: Number(row['updated_at']),
  }))
}

async function messages(client: Client, thread: string): Promise<readonly SavedMessage[] | undefined> {
  const [found, saved] = await client.batch(
    [
      { sql: 'SELECT 1 FROM threads WHERE id = ?', args: [thread] },
      { sql: 'SELECT message FROM messages WHERE thread = ? ORDER BY position', args: [thread] },
    ],
    'read',
  )
  if (found?.rows.length !== 1) return undefined
  return (saved?.rows ?? []).map((row): SavedMessage => JSON.parse(textOf(row['message'])))
}

async function saveQuestion(client: Client, thread: string, question: SavedMessage): Promise<void> {
  const now = Date.now()
  await client.batch(
    [
      {
        sql: `INSERT INTO threads (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)
          ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at`,
        args: [thread, titleOf(question.text), now, now],
      },
      insertMessage(thread, question, 'DO NOTHING'),
    ],
    'write',
  )
}

async function saveMessage(client: Client, thread: string, message: SavedMessage): Promise<void> {
  await client.batch(
    [
      { sql: 'UPDATE threads SET updated_at = ? WHERE id = ?', args: [Date.now(), thread] },
      insertMessage(thread, message, 'DO UPDATE SET message = excluded.message'),
    ],
    'write',
  )
}

/** One statement, so that a thread which is deleted meanwhile gets no message. */
function insertMessage(thread: string, message: SavedMessage, onConflict: string) {
  return {
    sql: `INSERT INTO messages (thread, id, position, message)
      SELECT ?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM messages WHERE thread = ?1), ?3
      WHERE EXISTS (SELECT 1 FROM threads WHERE id = ?1)
      ON CONFLICT (thread, id) ${onConflict}`,
    args: [thread, message.id, JSON.stringify(message)],
  }
}

async function rename(client: Client, thread: string, title: string): Promise<boolean> {
  const sql = 'UPDATE threads SET title = ? WHERE id = ?'
  return (await client.execute({ sql, args: [titleOf(title), thread] })).rowsAffected > 0
}

async function remove(client: Client, thread: string): Promise<boolean> {
  const [threads] = await client.batch(
    [
      { sql: 'DELETE FROM threads WHERE id = ?', args: [thread] },
      { sql: 'DELETE FROM messages WHERE thread = ?', args: [thread] },
    ],
    'write',
  )
  return (threads?.rowsAffected ?? 0) > 0
}

function titleOf(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > MAX_TITLE ? `${line.slice(0, MAX_TITLE - 1).trimEnd()}…` : line || 'Untitled'
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : ''
}
