/** An event to be written. */
export interface SseEventInit {
  /** The last event ID from here on; an empty string clears it. */
  readonly id?: string | undefined
  /** The event type; `undefined` and an empty string stand for `message`. */
  readonly event?: string | undefined
  readonly data: string
}

/**
 * Returns an event as text of an event stream, with the blank line that dispatches it.
 *
 * A parser gives back the same event, but for what the format cannot carry: CR and CRLF in `data` come back as LF, and an
 * empty `event` as none.
 *
 * @throws {TypeError} when `id` or `event` contains CR, LF or NUL, which could inject a field or be ignored.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export function encodeSse({ id, event, data }: SseEventInit): string {
  let block = ''
  if (id !== undefined) block += `id: ${singleLine('id', id)}\n`
  if (event !== undefined && event !== '') block += `event: ${singleLine('event', event)}\n`
  return `${block}data: ${data.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`
}

function singleLine(field: 'id' | 'event', value: string): string {
  if (/[\r\n\0]/.test(value)) {
    throw new TypeError(`expected \`${field}\` without CR, LF and NUL, got ${JSON.stringify(value)}`)
  }
  return value
}
