/** A conversation, as the list shows it. */
export interface ThreadSummary {
  readonly id: string
  readonly title: string
  /** Epoch ms. */
  readonly updatedAt: number
}

/** Rejects if the server does not answer as it should. */
export async function listThreads(signal: AbortSignal | null): Promise<readonly ThreadSummary[]> {
  const answer: unknown = await (await ask('/threads', { signal })).json()
  const threads: unknown = Object(answer).threads
  return Array.isArray(threads) ? threads.filter(isSummary) : []
}

export async function renameThread(id: string, title: string): Promise<void> {
  await ask(`/threads/${id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ title }),
  })
}

export async function deleteThread(id: string): Promise<void> {
  await ask(`/threads/${id}`, { method: 'DELETE' })
}

/** What the server has of a conversation, as JSON text; `undefined` if there is none. */
export async function readThread(id: string): Promise<string | undefined> {
  const text = await (await ask(`/threads/${id}`, {})).text()
  return Object(JSON.parse(text)).exists === true ? text : undefined
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init)
  if (!response.ok) throw new Error(`Expected ${path} to answer; its HTTP status was ${response.status}.`)
  return response
}

function isSummary(value: unknown): value is ThreadSummary {
  const { id, title, updatedAt } = Object(value)
  return typeof id === 'string' && typeof title === 'string' && typeof updatedAt === 'number'
}
