import type { RunEndRecord, RunRecord, StoredRun } from '@sluice/core/server'

/** A run as `record`, `last` and `end` of its hash tell, or `undefined` if there is none. The JSON is this store's own. */
export function readStored(fields: unknown): StoredRun | undefined {
  const [record, last, end] = Array.isArray(fields) ? fields : []
  if (typeof record !== 'string') return undefined
  const known: RunRecord = JSON.parse(record)
  const ended: RunEndRecord | null = typeof end === 'string' ? JSON.parse(end) : null
  return { record: known, lastEventId: Number(last), ended }
}
