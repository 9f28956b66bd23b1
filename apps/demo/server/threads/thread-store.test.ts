import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SavedMessage } from './saved-message.ts'
import { MAX_TITLE, openThreadStore, type ThreadStore } from './thread-store.ts'

const THREAD = 'a-thread-of-the-test'

let directory: string
let file: string
let threads: ThreadStore

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'threads-'))
  file = join(directory, 'in', 'threads.db')
  threads = await openThreadStore(file)
})

afterEach(() => {
  threads.close()
  rmSync(directory, { recursive: true })
})

function message(id: string, text: string, parentId: string | null = null): SavedMessage {
  return { id, role: 'user', text, parts: [{ type: 'text', text }], parentId }
}

describe('the conversations', () => {
  it('are still there after a restart, each message as it was saved', async () => {
    const question = message('q1', 'What is a sluice?')
    const answer = { ...message('a1', 'A gate.', 'q1'), role: 'assistant', outcome: { status: 'completed' } }
    await threads.saveQuestion(THREAD, question)
    await threads.saveMessage(THREAD, answer)
    threads.close()
    threads = await openThreadStore(file)
    expect(await threads.messages(THREAD)).toEqual([question, answer])
    expect(await threads.list()).toMatchObject([{ id: THREAD, title: 'What is a sluice?' }])
  })

  it('keep a message in its place when a newer version of it is saved', async () => {
    await threads.saveQuestion(THREAD, message('q1', 'One'))
    await threads.saveMessage(THREAD, message('a1', ''))
    await threads.saveQuestion(THREAD, message('q2', 'Two'))
    await threads.saveMessage(THREAD, message('a1', 'whole'))
    expect((await threads.messages(THREAD))?.map(({ text }) => text)).toEqual(['One', 'whole', 'Two'])
  })

  it('leave a question that is asked again as it is', async () => {
    await threads.saveQuestion(THREAD, message('q1', 'One'))
    await threads.saveQuestion(THREAD, message('q1', 'Another'))
    expect(await threads.messages(THREAD)).toEqual([message('q1', 'One')])
  })

  it('stay deleted when an answer of theirs ends later', async () => {
    await threads.saveQuestion(THREAD, message('q1', 'One'))
    expect(await threads.remove(THREAD)).toBe(true)
    await threads.saveMessage(THREAD, message('a1', 'late'))
    expect(await threads.messages(THREAD)).toBeUndefined()
    expect(await threads.list()).toEqual([])
    expect(await threads.remove(THREAD)).toBe(false)
  })

  it('take a new title, in one line and not too long', async () => {
    await threads.saveQuestion(THREAD, message('q1', 'One'))
    expect(await threads.rename(THREAD, ` Two\n\nlines ${'x'.repeat(MAX_TITLE)}`)).toBe(true)
    const [thread] = await threads.list()
    expect(thread?.title).toMatch(/^Two lines x+…$/)
    expect(thread?.title.length).toBe(MAX_TITLE)
    expect(await threads.rename('no-such-thread-here', 'x')).toBe(false)
  })

  it('are listed newest first', async () => {
    await threads.saveQuestion('thread-one-000000', message('q', 'One'))
    await new Promise((resolve) => setTimeout(resolve, 2))
    await threads.saveQuestion('thread-two-000000', message('q', 'Two'))
    await new Promise((resolve) => setTimeout(resolve, 2))
    await threads.saveMessage('thread-one-000000', message('a', 'Answer'))
    expect((await threads.list()).map(({ title }) => title)).toEqual(['One', 'Two'])
  })

  it('are shared by several processes that write at once', async () => {
    const other = await openThreadStore(file)
    const ids = Array.from({ length: 20 }, (_, i) => `q${i}`)
    await Promise.all(ids.map((id, i) => (i % 2 ? threads : other).saveQuestion(THREAD, message(id, id))))
    expect((await other.messages(THREAD))?.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    other.close()
  })

  it('are not touched by a demo that is older than their file', async () => {
    threads.close()
    const client = createClient({ url: `file:${file}` })
    await client.execute('PRAGMA user_version = 99')
    client.close()
    await expect(openThreadStore(file)).rejects.toThrow(/version 99; this demo knows 1/)
    threads = await openThreadStore(join(directory, 'other.db'))
  })
})
