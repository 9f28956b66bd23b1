import { describe, expect, it } from 'vitest'
import type { RunOutcome } from '../run/outcome.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { memoryStore } from './memory-store.ts'
import type { RunServerOptions } from './options.ts'
import { parseStart } from './request.ts'
import { createRunServer } from './runs.ts'
import type { ChatSource } from './source.ts'

const ID = '6f1c1e0e-6c2b-4a57-9d39-0f2f1c8f6a11'
const KEY = { owner: '', id: ID }
const QUESTION = parseStart(
  JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hello' }], stream: true }),
)
const never = new Promise<never>(() => {})

function serve(source: ChatSource, options: Partial<RunServerOptions> = {}) {
  const clock = createFakeClock()
  const settled: RunOutcome[] = []
  const errors: unknown[] = []
  const server = createRunServer(
    {
      source,
      onDisconnect: 'continue',
      onSettled: (outcome) => void settled.push(outcome),
      onError: (error) => errors.push(error),
      ...options,
    },
    clock,
  )
  return { server, clock, settled, errors }
}

/** Starts a run and reads it to its end, and on until it is settled. */
async function readAll({ server, clock }: Pick<ReturnType<typeof serve>, 'server' | 'clock'>): Promise<string> {
  const { viewer } = await server.start('', ID, QUESTION)
  let text = ''
  for await (const piece of viewer) text += piece
  await clock.advance(0)
  return text
}

describe('a source', () => {
  it('may yield text and chunks, which are filled in for strict clients', async () => {
    const { server, clock, settled } = serve(async function* () {
      yield 'Two '
      yield { choices: [{ index: 0, delta: { content: 'towers' } }] }
      yield { id: 'mine', choices: [{ index: 0, delta: {}, finish_reason: 'length' }] }
    })
    const text = await readAll({ server, clock })
    expect(settled).toMatchObject([{ status: 'completed', finishReason: 'length', message: { text: 'Two towers' } }])
    const [first, , third, last] = text.split('\n\n').map((block) => block.replace(/^id: \d+\ndata: /, ''))
    expect(JSON.parse(first ?? '')).toMatchObject({ id: ID, object: 'chat.completion.chunk', model: 'any' })
    expect(JSON.parse(third ?? '')).toMatchObject({ id: 'mine', object: 'chat.completion.chunk' })
    expect(JSON.parse(last ?? '')).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      sluice: { status: 'completed' },
    })
  })

  it.each([
    ['a number', '42'],
    ['an object that is no chunk', '{"text":"hi"}'],
    ['null', 'null'],
  ])('that yields %s fails the run', async (_, item) => {
    const { server, clock, settled } = serve(async function* () {
      yield 'so far'
      yield JSON.parse(item)
    })
    await readAll({ server, clock })
    expect(settled).toMatchObject([{ status: 'failed', error: { code: 'protocol' }, message: { text: 'so far' } }])
  })

  it('that throws tells viewers nothing of what it threw', async () => {
    const { server, clock, errors } = serve(async function* () {
      yield 'so far'
      throw new Error('key sk-secret was refused')
    })
    const text = await readAll({ server, clock })
    expect(text).toContain('"status":"failed"')
    expect(text).not.toContain('sk-secret')
    expect(errors).toEqual([expect.objectContaining({ message: 'key sk-secret was refused' })])
  })

  it('that heeds no signal is left after a second, and the truth is that nobody knows', async () => {
    const { server, clock, settled } = serve(async function* () {
      yield 'so far'
      await never
    })
    await server.start('', ID, QUESTION)
    await clock.advance(0)
    const cancelled = server.cancel(KEY)
    await clock.advance(999)
    expect(settled).toEqual([])
    await clock.advance(1)
    expect(await cancelled).toMatchObject({
      status: 'cancelled',
      cancellation: { requestedBy: 'user', upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
      message: { text: 'so far' },
    })
    expect(settled).toMatchObject([{ status: 'cancelled' }])
  })

  it('that is drained and does not stop when the time is over is left after a second', async () => {
    const { server, clock, settled } = serve(
      async function* () {
        yield 'so far'
        await never
      },
      { onCancel: { drainMs: 3_000 } },
    )
    await server.start('', ID, QUESTION)
    await clock.advance(0)
    expect(await server.cancel(KEY)).toMatchObject({ cancellation: { upstream: 'draining' } })
    await clock.advance(3_999)
    expect(settled).toEqual([])
    await clock.advance(1)
    const cancellation = { requestedBy: 'user', upstream: 'unknown', billing: 'unknown', closedAfterMs: null }
    expect(settled).toMatchObject([{ status: 'cancelled', message: { text: 'so far' }, cancellation }])
    expect(await server.get(KEY)).toMatchObject({ cancellation })
  })

  it('that fails while it is drained has told no count', async () => {
    let fail = (): void => {}
    const { server, clock, settled, errors } = serve(
      async function* () {
        yield 'so far'
        await new Promise<void>((resolve) => (fail = resolve))
        throw new Error('the provider is away')
      },
      { onCancel: { drainMs: 3_000 } },
    )
    await server.start('', ID, QUESTION)
    await clock.advance(0)
    await server.cancel(KEY)
    fail()
    await clock.advance(10)
    expect(settled).toMatchObject([{ usage: { source: 'estimated' }, cancellation: { upstream: 'closed' } }])
    expect(errors).toHaveLength(1)
  })

  it('that goes on after a cancel adds nothing to the answer', async () => {
    let goOn = (): void => {}
    const { server, clock, settled } = serve(async function* () {
      yield 'before'
      await new Promise<void>((resolve) => (goOn = resolve))
      yield 'after'
    })
    await server.start('', ID, QUESTION)
    await clock.advance(0)
    const cancelled = server.cancel(KEY)
    goOn()
    expect(await cancelled).toMatchObject({ status: 'cancelled', message: { text: 'before' } })
    await clock.advance(0)
    expect(settled).toMatchObject([{ message: { text: 'before' } }])
  })

  it('is not asked when the run is cancelled while it is prepared', async () => {
    let asked = false
    const { server, clock } = serve(
      async function* () {
        asked = true
        yield 'x'
      },
      { prepare: () => never },
    )
    await server.start('', ID, QUESTION)
    await clock.advance(0)
    expect(await server.cancel(KEY)).toMatchObject({ cancellation: { upstream: 'not-started', billing: 'stopped' } })
    expect(asked).toBe(false)
  })

  it('whose answer grows past the limit fails the run', async () => {
    const { server, clock, settled } = serve(
      async function* () {
        for (;;) yield 'x'.repeat(100)
      },
      { limits: { messageBytes: 1_000 } },
    )
    await readAll({ server, clock })
    expect(settled).toMatchObject([{ status: 'failed', error: { code: 'limit' } }])
  })
})

describe('time', () => {
  const silent: ChatSource = () => ({ [Symbol.asyncIterator]: () => ({ next: () => never }) })

  it('ends a run whose provider does not answer', async () => {
    const { server, clock, settled } = serve(silent, { limits: { connectMs: 1_000 } })
    const { head } = await server.start('', ID, QUESTION)
    await clock.advance(1_000)
    expect(settled).toMatchObject([{ status: 'failed', error: { code: 'timeout' } }])
    expect(await head).toMatchObject({ code: 'timeout' })
  })

  it('ends a run whose provider falls silent, and keeps the text', async () => {
    const source: ChatSource = async function* () {
      yield 'so far'
      await never
    }
    const { server, clock, settled } = serve(source, { limits: { idleMs: 1_000 } })
    await server.start('', ID, QUESTION)
    await clock.advance(1_000)
    expect(settled).toMatchObject([{ status: 'incomplete', error: { code: 'timeout' }, message: { text: 'so far' } }])
  })

  it('completes a run whose provider falls silent after its finish_reason', async () => {
    const source: ChatSource = async function* () {
      yield 'all'
      yield { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
      await never
    }
    const { server, clock, settled } = serve(source, { limits: { idleMs: 1_000 } })
    await server.start('', ID, QUESTION)
    await clock.advance(1_000)
    expect(settled).toMatchObject([{ status: 'completed', finishReason: 'stop' }])
  })

  it('completes it though signs of life go on for ever', async () => {
    let nudge = (): void => {}
    const source: ChatSource = async function* () {
      yield { choices: [{ index: 0, delta: { content: 'all' }, finish_reason: 'stop' }] }
      for (;;) {
        await new Promise<void>((resolve) => (nudge = resolve))
        yield { chunks: [], malformed: 0 }
      }
    }
    const { server, clock, settled } = serve(source, { limits: { idleMs: 1_000 } })
    await server.start('', ID, QUESTION)
    for (let i = 0; i < 4; i += 1) {
      await clock.advance(250)
      nudge()
    }
    await clock.advance(0)
    expect(settled).toMatchObject([{ status: 'completed', finishReason: 'stop' }])
  })

  it('ends a run that goes on for too long', async () => {
    const { server, clock, settled } = serve(silent, { limits: { connectMs: 10_000, totalMs: 5_000 } })
    await server.start('', ID, QUESTION)
    await clock.advance(5_000)
    expect(settled).toMatchObject([{ status: 'failed', error: { code: 'timeout' } }])
  })
})

describe('createRunServer', () => {
  const talk: ChatSource = async function* () {
    yield 'one '
    yield 'two'
  }

  it('lets an onSettled that hangs harm nothing else', async () => {
    const { server, clock } = serve(talk, { onSettled: () => never })
    await readAll({ server, clock })
    expect(await server.get(KEY)).toMatchObject({ status: 'completed' })
    const down = server.shutdown({ graceMs: 0 })
    await clock.advance(5_000)
    await down
  })

  it('calls an onSettled that throws no second time, for it was called', async () => {
    const acknowledged: string[] = []
    const kept = memoryStore()
    const store = { ...kept, acknowledge: async ({ id }: { readonly id: string }) => void acknowledged.push(id) }
    const onSettled = (): never => {
      throw new Error('the database is away')
    }
    const { server, clock, errors } = serve(talk, { store, onSettled })
    await readAll({ server, clock })
    expect(acknowledged).toEqual([ID])
    expect(errors).toMatchObject([{ message: 'the database is away' }])
  })

  it('shuts down only when every answer is saved, also one that had just ended', async () => {
    let save = (): void => {}
    const { server, clock } = serve(talk, { onSettled: () => new Promise<void>((resolve) => (save = resolve)) })
    await readAll({ server, clock })
    let isDown = false
    const down = server.shutdown({ graceMs: 0 }).then(() => (isDown = true))
    await clock.advance(1_000)
    expect(isDown).toBe(false)
    save()
    await clock.advance(0)
    expect(isDown).toBe(true)
    await down
  })

  it('fails a run whose onStart throws, before the source is asked', async () => {
    let asked = false
    const source: ChatSource = async function* () {
      asked = true
      yield 'x'
    }
    const { server } = serve(source, {
      onStart() {
        throw new Error('the database is away')
      },
    })
    const { head } = await server.start('', ID, QUESTION)
    expect(await head).toMatchObject({ code: 'protocol', status: 500 })
    expect(asked).toBe(false)
  })

  it('shows and stops a run of another server on the same store', async () => {
    const store = memoryStore()
    let goOn = (): void => {}
    const source: ChatSource = async function* (_, { signal }) {
      yield 'here'
      await new Promise<void>((resolve) => {
        goOn = resolve
        signal.addEventListener('abort', () => resolve())
      })
    }
    const producer = serve(source, { store })
    const other = serve(talk, { store })
    await producer.server.start('', ID, QUESTION)
    await producer.clock.advance(0)
    expect(await other.server.get(KEY)).toMatchObject({
      status: 'streaming',
      message: { text: 'here' },
      lastEventId: 1,
    })
    const attached = await other.server.attach(KEY, 0)
    const cancelled = other.server.cancel(KEY)
    await producer.clock.advance(1_000)
    await other.clock.advance(100)
    expect(await cancelled).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
    let seen = ''
    for await (const piece of attached?.viewer ?? []) seen += piece
    expect(seen).toContain('"status":"cancelled"')
    expect(seen.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(producer.settled).toHaveLength(1)
    expect(other.settled).toHaveLength(0)
    goOn()
  })
})
