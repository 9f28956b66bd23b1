import type { AppendResult, LogEvent, ReadResult, RunKey } from '@sluice/core/server'
import { createEncoder, decode, type Batch, type Encoder, type Template } from './codec.ts'
import type { Connection } from './connection.ts'
import { memberOf, type Keys } from './keys.ts'
import { APPEND, READ } from './run-scripts.ts'

/** The events of runs, in Redis. */
export interface Logs {
  append(key: RunKey, fence: string, events: readonly LogEvent[]): Promise<AppendResult>
  read(key: RunKey, after: number): Promise<ReadResult>
  /** This process writes the run no more, or only what is left over. */
  forget(key: RunKey): void
}

export interface LogsOptions {
  readonly connection: Connection
  readonly keys: Keys
  readonly leaseMs: number
  readonly keepMs: number
  readonly runEvents: number
  readonly runBytes: number
}

const NO_EVENTS: Batch = { payload: '', fresh: new Map() }
/** Most batches of one read. */
const READ_BATCHES = 50

export function createLogs(options: LogsOptions): Logs {
  const { connection, keys, leaseMs, keepMs, runEvents, runBytes } = options
  const encoders = new Map<string, Encoder>()

  function encoderOf(key: RunKey, first: LogEvent): Encoder {
    const member = memberOf(key)
    const encoder = encoders.get(member) ?? createEncoder({ learns: first.id === 1 })
    encoders.set(member, encoder)
    return encoder
  }

  async function append(key: RunKey, fence: string, events: readonly LogEvent[]): Promise<AppendResult> {
    const { meta, log, seen, channel } = keys.run(key)
    const [first, last] = [events[0], events.at(-1)]
    const encoder = first && encoderOf(key, first)
    const batch = encoder?.encode(events) ?? NO_EVENTS
    const fresh = [...batch.fresh].flatMap(([number, template]) => [`t${number}`, JSON.stringify(template)])
    const bounds = [leaseMs, keepMs, runEvents, runBytes]
    const args = [fence, ...bounds, channel, first?.id ?? 0, last?.id ?? 0, events.length, batch.payload, ...fresh]
    const answer = await connection.call(APPEND, [meta, log, seen], args)
    const [type, cancel, watched, known] = Array.isArray(answer) ? answer : []
    if (type === 'fenced') return { type }
    if (type === 'behind') {
      encoder?.doubt()
      return { type, lastEventId: Number(known) }
    }
    const unknown = events.filter(({ id }) => id > Number(known))
    if (type === 'overlap' && unknown.length > 0) return append(key, fence, unknown)
    if (type === 'appended') encoder?.confirm(batch)
    return { type: type === 'gone' ? type : 'appended', cancelRequested: cancel === 1, watched: Number(watched) > 0 }
  }

  return {
    append,
    async read(key, after) {
      const { meta, log } = keys.run(key)
      const answer = await connection.call(READ, [meta, log], [after, READ_BATCHES])
      return Array.isArray(answer) ? reading(answer, after) : { type: 'unknown' }
    },
    forget: (key) => void encoders.delete(memberOf(key)),
  }
}

function reading([last, first, ended, entries, templates]: readonly unknown[], after: number): ReadResult {
  const isEnded = ended === 1
  if (after > Number(last) && isEnded) return { type: 'gap' }
  if (after >= Number(last)) return { type: 'events', events: [], ended: isEnded }
  const known = Array.isArray(templates) ? templates.map(readTemplate) : []
  const events = Array.isArray(entries) ? contiguous(entries, known, after) : []
  // A Redis that lost some of its writes may lack what it should have.
  if (after + 1 < Number(first) || events.length === 0) return { type: 'gap' }
  return { type: 'events', events, ended: isEnded }
}

/** The events from behind `after` up to the first one that is missing. */
function contiguous(
  entries: readonly unknown[],
  templates: readonly (Template | undefined)[],
  after: number,
): readonly LogEvent[] {
  const events: LogEvent[] = []
  let next = after + 1
  for (const entry of entries) {
    const [streamId, fields] = Array.isArray(entry) ? entry : []
    const payload = Array.isArray(fields) ? String(fields[3]) : ''
    for (const event of decode(payload, Number.parseInt(String(streamId), 10), templates)) {
      if (event.id < next) continue
      if (event.id > next) return events
      events.push(event)
      next += 1
    }
  }
  return events
}

function readTemplate(text: unknown): Template | undefined {
  const template: Template | undefined = typeof text === 'string' ? JSON.parse(text) : undefined
  return template
}
