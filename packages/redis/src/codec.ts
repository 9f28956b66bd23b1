import type { LogEvent } from '@sluice/core/server'

/**
 * What most chunks of a run have in common: all around the text that they add. An event that starts with `head` and ends
 * with `tail` is kept as what is between them, so it comes back byte for byte whatever it means.
 */
export interface Template {
  readonly head: string
  readonly tail: string
}

/** Events as they are kept. */
export interface Batch {
  readonly payload: string
  /** Templates that the payload needs and that may not be kept yet, by their number. */
  readonly fresh: ReadonlyMap<number, Template>
}

/** Writes one run's events. */
export interface Encoder {
  encode(events: readonly LogEvent[]): Batch
  /** The batch, with its templates, is kept. */
  confirm(batch: Batch): void
  /** Something of what was kept is lost, and maybe its templates with it. */
  doubt(): void
}

/** Most templates of a run: text, reasoning and the arguments of tools need one each. */
const MOST_TEMPLATES = 8

/** Where a delta's text begins, in the words of the providers. */
const TEXT = /"(?:content|reasoning_content|reasoning|arguments)":"/

/* The first character of a line says what the rest is: a template's number, `=` for the whole data of an event, or `!` for
   an event as a JSON string, which can be anything. */
const WHOLE = '='
const ANYTHING = '!'

/** `learns`: whether it may keep templates. One that has not seen a run from its start could take another one's numbers. */
export function createEncoder({ learns }: { readonly learns: boolean }): Encoder {
  const templates: Template[] = []
  const confirmed = new Set<number>()
  let candidate: Template | undefined

  /** A template is worth its place when two events in a row have it in common. */
  function learn(data: string): number {
    const previous = candidate
    candidate = templateOf(data)
    if (previous === undefined || candidate === undefined || !fits(previous, data)) return -1
    if (!learns || templates.length === MOST_TEMPLATES) return -1
    return templates.push(previous) - 1
  }

  function line(event: LogEvent): string {
    const data = dataOf(event)
    if (data === undefined) return ANYTHING + JSON.stringify(event.text)
    const found = templates.findIndex((template) => fits(template, data))
    const number = found === -1 ? learn(data) : found
    const template = templates[number]
    if (template === undefined) return WHOLE + data
    return String(number) + data.slice(template.head.length, data.length - template.tail.length)
  }

  return {
    encode(events) {
      const payload = events.map(line).join('\n')
      const fresh = templates.flatMap((template, number) =>
        confirmed.has(number) ? [] : [[number, template] as const],
      )
      return { payload, fresh: new Map(fresh) }
    },
    confirm({ fresh }) {
      for (const number of fresh.keys()) confirmed.add(number)
    },
    doubt: () => confirmed.clear(),
  }
}

/** The events of a payload whose last one has the id `lastId`. Throws if a template is missing. */
export function decode(payload: string, lastId: number, templates: readonly (Template | undefined)[]): LogEvent[] {
  const lines = payload.split('\n')
  return lines.map((line, i) => {
    const id = lastId - lines.length + 1 + i
    const [kind, body] = [line.charAt(0), line.slice(1)]
    if (kind === ANYTHING) return { id, text: String(JSON.parse(body)) }
    if (kind === WHOLE) return { id, text: textOf(id, body) }
    const template = templates[Number(kind)]
    if (template === undefined) throw new Error(`Expected the run to have a template ${kind}.`)
    return { id, text: textOf(id, template.head + body + template.tail) }
  })
}

function fits({ head, tail }: Template, data: string): boolean {
  return data.length >= head.length + tail.length && data.startsWith(head) && data.endsWith(tail)
}

function templateOf(data: string): Template | undefined {
  const match = TEXT.exec(data)
  if (match === null) return undefined
  const start = match.index + match[0].length
  let end = start
  while (end < data.length && data[end] !== '"') end += data[end] === '\\' ? 2 : 1
  return { head: data.slice(0, start), tail: data.slice(end) }
}

function textOf(id: number, data: string): string {
  return `id: ${id}\ndata: ${data}\n\n`
}

/** The data of an event of the usual form that survives UTF-8. */
function dataOf({ id, text }: LogEvent): string | undefined {
  const start = `id: ${id}\ndata: `.length
  const data = text.slice(start, -2)
  const isUsual = textOf(id, data) === text && !data.includes('\n') && !/\p{Surrogate}/u.test(data)
  return isUsual ? data : undefined
}
