import { describe, expect, it } from 'vitest'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { encodeSse } from '../sse/index.ts'
import { memoryStore } from './memory-store.ts'
import type { SettledInfo } from './options.ts'
import type { Claim, RunEndRecord, RunRecord } from './store.ts'
import { takeOverRuns } from './take-over.ts'

const RECORD: RunRecord = {
  owner: 'ann',
  id: '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11',
  thread: 't',
  parent: 'p',
  messageId: 'm',
  model: 'any',
  created: 0,
  fingerprint: 'f',
  input: [{ role: 'user', content: 'Hello' }],
}

/** A run of a machine that is gone, with so many words, taken over by this one. */
async function takeOver(words: number, changes: Partial<Claim> = {}, ended: RunEndRecord | null = null) {
  const store = memoryStore()
  const created = await store.create(RECORD)
  if (created.type !== 'created') throw new Error(`Expected the run to be created, got ${created.type}.`)
  const events = Array.from({ length: words }, (_, i) => {
    const data = JSON.stringify({ choices: [{ index: 0, delta: { content: `t${i} ` } }] })
    return { id: i + 1, text: encodeSse({ id: String(i + 1), data }) }
  })
  await store.append(RECORD, created.fence, events)
  if (ended !== null) await store.end(RECORD, created.fence, ended, { id: words + 1, text: '' })
  const settled: { readonly outcome: RunOutcome; readonly info: SettledInfo }[] = []
  const acknowledged: string[] = []
  const errors: unknown[] = []
  let claimed: ((claim: Claim) => Promise<void>) | undefined
  takeOverRuns(
    {
      source: async function* () {},
      onSettled: (outcome, info) => void settled.push({ outcome, info }),
      onError: (error) => errors.push(error),
    },
    {
      ...store,
      takeOver: (callback) => ((claimed = callback), () => {}),
      acknowledge: async (_, fence) => void acknowledged.push(fence),
    },
  )
  const run = await store.get(RECORD)
  if (run === undefined) throw new Error('Expected the run to be there.')
  await claimed?.({ run, fence: created.fence, cancelRequested: false, attempt: 1, ...changes })
  return { store, settled, acknowledged, errors, fence: created.fence }
}

describe('a run whose machine is gone', () => {
  it('ends with what it had delivered, and is settled and acknowledged once', async () => {
    const { store, settled, acknowledged, fence } = await takeOver(2)
    const error = { code: 'producer_lost' }
    expect(settled).toMatchObject([
      {
        outcome: { status: 'incomplete', error, message: { id: 'm', text: 't0 t1 ' }, usage: { source: 'estimated' } },
        info: {
          runId: RECORD.id,
          thread: 't',
          parent: 'p',
          attempt: 1,
          request: { model: 'any', messages: RECORD.input },
        },
      },
    ])
    expect(acknowledged).toEqual([fence])
    expect(await store.get(RECORD)).toMatchObject({ lastEventId: 3, ended: { end: { status: 'incomplete', error } } })
    const log = await store.read(RECORD, 2)
    expect(log).toMatchObject({ ended: true, events: [{ id: 3, text: expect.stringContaining('producer_lost') }] })
  })

  it('has failed where nothing was delivered', async () => {
    const { settled } = await takeOver(0)
    expect(settled).toMatchObject([{ outcome: { status: 'failed', error: { code: 'producer_lost' } } }])
  })

  it('is cancelled where its stop was asked for', async () => {
    const { settled } = await takeOver(1, { cancelRequested: true })
    expect(settled).toMatchObject([
      {
        outcome: {
          status: 'cancelled',
          cancellation: { upstream: 'unknown', billing: 'unknown' },
          message: { text: 't0 ' },
        },
      },
    ])
  })

  it('is nobody’s here when somebody else has ended it meanwhile', async () => {
    const { store, settled, acknowledged } = await takeOver(1, { fence: 'stale' })
    expect([settled, acknowledged]).toEqual([[], []])
    expect(await store.get(RECORD)).toMatchObject({ ended: null })
  })
})

describe('a recorded end whose machine is gone', () => {
  const end = { status: 'completed', finishReason: 'stop', usage: UNKNOWN_USAGE, skippedChunks: 0 } as const
  const message = { id: 'm', role: 'assistant', parts: [], text: 't0 ' } as const

  it('is settled again, as it was recorded', async () => {
    const { settled, acknowledged } = await takeOver(1, { attempt: 2 }, { end, message })
    expect(settled).toMatchObject([
      { outcome: { status: 'completed', message: { text: 't0 ' } }, info: { attempt: 2 } },
    ])
    expect(acknowledged).toHaveLength(1)
  })

  it('is settled for the first time where that machine had still been draining', async () => {
    const cancellation = { requestedBy: 'user', upstream: 'draining', billing: 'unknown', closedAfterMs: null } as const
    const drained: RunEndRecord = { end: { ...end, status: 'cancelled', cancellation }, message }
    const { store, settled } = await takeOver(1, { attempt: 2 }, drained)
    expect(settled).toMatchObject([{ outcome: { cancellation: { upstream: 'unknown' } }, info: { attempt: 1 } }])
    expect(await store.get(RECORD)).toMatchObject({ ended: { end: { cancellation: { upstream: 'unknown' } } } })
  })
})
