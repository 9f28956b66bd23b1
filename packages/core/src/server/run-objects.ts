import { readChunk } from '../message/chunk.ts'
import { NEVER_STARTED } from '../run/end.ts'
import { createRunLedger } from '../run/ledger.ts'
import type { OutcomeFacts } from '../run/outcome.ts'
import type { RunObject } from '../run/run-object.ts'
import type { RunState } from '../run/state.ts'
import { createSseParser } from '../sse/index.ts'
import type { RunEndRecord, RunKey, RunRecord, RunStore, StoredRun } from './store.ts'

type Identity = Pick<RunRecord, 'id' | 'thread' | 'parent' | 'created' | 'input'>

/** A run that goes on. */
export function liveObject(run: Identity, status: RunState, lastEventId: number, facts: OutcomeFacts): RunObject {
  return {
    object: 'run',
    id: run.id,
    status,
    created: run.created,
    thread: run.thread,
    parent: run.parent,
    lastEventId,
    usage: facts.usage,
    cancellation: null,
    error: null,
    finishReason: facts.finishReason,
    skippedChunks: facts.skippedChunks,
    message: facts.message,
    input: run.input,
  }
}

/** A run that has ended, as its end was recorded. */
export function endedObject(run: Identity, lastEventId: number, { end, message }: RunEndRecord): RunObject {
  return {
    ...liveObject(run, end.status, lastEventId, { ...end, message }),
    cancellation: end.cancellation ?? null,
    error: end.error ?? null,
  }
}

/** A run as the store knows it. One that goes on elsewhere is read from its log, as far as that is kept. */
export async function storedObject(run: StoredRun, store: RunStore): Promise<RunObject> {
  const { record, lastEventId, ended } = run
  if (ended !== null) return endedObject(record, lastEventId, ended)
  const { lastRead, facts } = await readDelivered(record, store)
  return liveObject(record, lastRead === 0 ? 'submitted' : 'streaming', lastRead, facts)
}

/** What a run has delivered so far, by its log. */
export async function readDelivered(
  record: RunRecord,
  store: RunStore,
): Promise<{ readonly lastRead: number; readonly facts: OutcomeFacts }> {
  const ledger = createRunLedger({ messageId: record.messageId, messages: record.input })
  let lastRead = 0
  const parser = createSseParser({
    onEvent({ data }) {
      const reading = readChunk(data)
      if (reading.type === 'chunk') ledger.add(reading.chunk)
    },
  })
  for (;;) {
    const found = await store.read(record, lastRead)
    const newest = found.type === 'events' ? found.events.at(-1) : undefined
    if (found.type !== 'events' || newest === undefined) break
    for (const { text } of found.events) parser.feed(text)
    lastRead = newest.id
  }
  return { lastRead, facts: ledger.facts() }
}

/** A run that was cancelled before it was asked for. */
export function tombstoneObject({ id }: RunKey): RunObject {
  const run = { id, thread: null, parent: null, created: Math.floor(Date.now() / 1000), input: [] }
  return endedObject(run, 0, { end: NEVER_STARTED, message: { id, role: 'assistant', parts: [], text: '' } })
}
