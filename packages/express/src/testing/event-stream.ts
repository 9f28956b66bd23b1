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
  readonly error?: { readonly message: string; readonly type: string; readonly code: string }
  readonly sluice?: { readonly status: string; readonly [field: string]: unknown }
}

export async function* readEvents(response: Response): AsyncGenerator<ReadEvent, void> {
  if (response.body === null) throw new TypeError('Expected a body.')
  for await (const event of parseSse(response.body)) yield readEvent(event)
}

export async function allEvents(response: Response): Promise<readonly ReadEvent[]> {
  const events: ReadEvent[] = []
  for await (const event of readEvents(response)) events.push(event)
  return events
}

export function textOf(events: readonly ReadEvent[]): string {
  return events.map(({ data }) => (data === '[DONE]' ? '' : (data.choices?.[0]?.delta?.content ?? ''))).join('')
}

/** The `sluice` field of the last chunk. */
export function endOf(events: readonly ReadEvent[]): Chunk['sluice'] {
  const last = events.at(-2)?.data
  return last === '[DONE]' ? undefined : last?.sluice
}

function readEvent({ id, data }: SseEvent): ReadEvent {
  if (data === '[DONE]') return { id, data }
  const chunk: Chunk = JSON.parse(data)
  return { id, data: chunk }
}
