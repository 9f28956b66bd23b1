/** How events are written into the stream. Every one of them is legal, and every client has to read it. */
export interface Framing {
  /** Written once, before the first event. */
  readonly prologue: string
  /** One event; its data holds no line break. */
  readonly event: (data: string) => string
}

export type FramingName = 'plain' | 'comments' | 'crlf' | 'cr' | 'bom' | 'tight'

const PLAIN: Framing = { prologue: '', event: (data) => `data: ${data}\n\n` }

export const FRAMINGS: Readonly<Record<FramingName, Framing>> = {
  plain: PLAIN,
  comments: { prologue: ': welcome\n\n', event: (data) => `: ping\n\n: in front of the data\n${PLAIN.event(data)}` },
  crlf: { prologue: '', event: (data) => `data: ${data}\r\n\r\n` },
  cr: { prologue: '', event: (data) => `data: ${data}\r\r` },
  bom: { ...PLAIN, prologue: '\uFEFF' },
  tight: { prologue: '', event: (data) => `event:\nunknown: field\ndata:${data}${data === '[DONE]' ? ' ' : ''}\n\n` },
}

/** What OpenRouter sends while it waits. @see https://openrouter.ai/docs/api-reference/streaming (read 2026-11-22) */
export const KEEPALIVE_COMMENT = ': OPENROUTER PROCESSING\n\n'
