/** An event as it came over the wire. */
export interface WireEvent {
  /** As the server numbered it; empty for `[DONE]`, which has no number. */
  readonly id: string
  /** What stood behind `data:`. */
  readonly data: string
  /** Milliseconds since the question left. */
  readonly at: number
}

/** What the page's end of the wire saw of the newest run. Times are epoch ms. */
export interface WireRecord {
  /** Whether this page asked the question; else it came to a run that was going on, as after a reload. */
  readonly isOurs: boolean
  readonly askedAt: number
  /** The provider's id of the answer, by which its books know it; `null` until a chunk told it. */
  readonly completion: string | null
  /** When the first event with text came; `null` before it. */
  readonly firstTokenAt: number | null
  readonly lastEventAt: number | null
  /** Events with text, which is about one a token. */
  readonly tokens: number
  /** Tokens that came in each span of `SPAN_MS` since the question left. */
  readonly spans: readonly number[]
  /** The newest `KEPT_EVENTS`, oldest first. */
  readonly events: readonly WireEvent[]
  readonly eventCount: number
  /** How often the stream was opened: 1, and one more for each rejoin. */
  readonly connections: number
}

export const SPAN_MS = 500
const KEPT_EVENTS = 100

/** A run that is longer stops growing its plot, so that nothing here grows for ever. */
const MAX_SPANS = 1_200

export function startRecord(now: number, isOurs: boolean): WireRecord {
  return {
    isOurs,
    askedAt: now,
    completion: null,
    firstTokenAt: null,
    lastEventAt: null,
    tokens: 0,
    spans: [],
    events: [],
    eventCount: 0,
    connections: 0,
  }
}

export function addEvents(
  record: WireRecord,
  added: readonly { readonly id: string; readonly data: string }[],
  now: number,
): WireRecord {
  const events = added.map(({ id, data }) => ({ id, data, at: now - record.askedAt }))
  const chunks = added.map(({ data }) => readChunk(data))
  const tokens = chunks.filter(({ hasText }) => hasText).length
  return {
    ...record,
    completion: record.completion ?? chunks.find(({ id }) => id !== null)?.id ?? null,
    firstTokenAt: record.firstTokenAt ?? (tokens > 0 ? now : null),
    lastEventAt: now,
    tokens: record.tokens + tokens,
    spans: addTokens(record, tokens, now),
    events: [...record.events, ...events].slice(-KEPT_EVENTS),
    eventCount: record.eventCount + added.length,
  }
}

function addTokens({ spans, askedAt }: WireRecord, tokens: number, now: number): readonly number[] {
  const index = Math.floor((now - askedAt) / SPAN_MS)
  if (index >= MAX_SPANS) return spans
  return Array.from(
    { length: Math.max(spans.length, index + 1) },
    (_, i) => (spans[i] ?? 0) + (i === index ? tokens : 0),
  )
}

/** Tokens a second, from the first to the newest; `null` until there were two. */
export function tokensPerSecond({ tokens, firstTokenAt, lastEventAt }: WireRecord): number | null {
  if (firstTokenAt === null || lastEventAt === null || tokens < 2 || lastEventAt <= firstTokenAt) return null
  return ((tokens - 1) * 1000) / (lastEventAt - firstTokenAt)
}

/** What this panel wants of an event's JSON. `[DONE]`, and what is no JSON, has neither. */
function readChunk(data: string): { readonly id: string | null; readonly hasText: boolean } {
  try {
    const { id, choices } = Object(JSON.parse(data))
    const { content, reasoning, reasoning_content: thought } = Object(choices?.[0]?.delta)
    return {
      id: typeof id === 'string' ? id : null,
      hasText: [content, reasoning, thought].some((text) => typeof text === 'string' && text !== ''),
    }
  } catch {
    return { id: null, hasText: false }
  }
}
