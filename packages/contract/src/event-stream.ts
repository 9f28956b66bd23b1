import { parseSse, type SseEvent } from '@sluice/core/sse'

/** One event of a run, its data parsed. */
export interface ReadEvent {
  readonly id: string | undefined
  readonly data: Chunk | '[DONE]'
}

export interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string }
    readonly finish_reason?: string | null
  }[]
  readonly usage?: unknown
  readonly error?: { readonly message: string; readonly type: string; readonly code: string }
  readonly sluice?: { readonly status: string; readonly [field: string]: unknown }
}

export async function* readEvents(response: Response): AsyncGenerator<ReadEvent, void> {
  if (response.body === null) throw new TypeError('Expected a body.')
  for await (const event of parseSse(response.body)) yield readEvent(event)
}

/** Reads to the end. */
export function allEvents(response: Response): Promise<readonly ReadEvent[]> {
  return rest(readEvents(response))
}

/** Reads until some events have come, and leaves the stream open; `return()` leaves it. */
export async function readSome(response: Response, count = 5): Promise<AsyncGenerator<ReadEvent, void>> {
  const events = readEvents(response)
  for (let i = 0; i < count; i += 1) await events.next()
  return events
}

export async function rest(events: AsyncGenerator<ReadEvent, void>): Promise<readonly ReadEvent[]> {
  const read: ReadEvent[] = []
  for await (const event of events) read.push(event)
  return read
}

export function textOf(events: readonly ReadEvent[]): string {
  return events.map(({ data }) => (data === '[DONE]' ? '' : (data.choices?.[0]?.delta?.content ?? ''))).join('')
}

/** The `sluice` field of the last chunk, which stands before `[DONE]`; `undefined` for a stream without the two. */
export function endOf(events: readonly ReadEvent[]): Chunk['sluice'] {
  if (events.at(-1)?.data !== '[DONE]') return undefined
  const last = events.at(-2)?.data
  return last === '[DONE]' ? undefined : last?.sluice
}

/** The ids of all events but `[DONE]`. */
export function idsOf(events: readonly ReadEvent[]): readonly number[] {
  return events.flatMap(({ id, data }) => (data === '[DONE]' ? [] : [Number(id)]))
}

function readEvent({ id, data }: SseEvent): ReadEvent {
  if (data === '[DONE]') return { id, data }
  const chunk: Chunk = JSON.parse(data)
  return { id, data: chunk }
}
