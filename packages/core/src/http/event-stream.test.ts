import { describe, expect, it } from 'vitest'
import { eventStreamBody, readEventBatches } from './event-stream.ts'

const encoder = new TextEncoder()
const never = new AbortController().signal

function bodyOf(...pieces: readonly string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece))
      controller.close()
    },
  })
}

/** A body that brings the pieces and then stays open, and tells when it is cancelled. */
function openBody(...pieces: readonly string[]): { body: ReadableStream<Uint8Array>; cancelled: Promise<unknown> } {
  let tell: (reason: unknown) => void = () => {}
  const cancelled = new Promise<unknown>((resolve) => (tell = resolve))
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(encoder.encode(piece))
    },
    cancel: (reason) => tell(reason),
  })
  return { body, cancelled }
}

function answer(body: ReadableStream<Uint8Array> | string | null, type: string | undefined, status = 200): Response {
  return new Response(body, { status, headers: type === undefined ? {} : { 'content-type': type } })
}

describe('eventStreamBody', () => {
  it('takes an event stream, with any parameters and letters', async () => {
    for (const type of ['text/event-stream', 'text/event-stream; charset=utf-8', 'Text/Event-Stream;charset=UTF-8']) {
      expect(await eventStreamBody(answer('data: a\n\n', type), 'The provider')).toBeInstanceOf(ReadableStream)
    }
  })

  it('refuses every other type, and says what was expected and what came', async () => {
    const refusal = eventStreamBody(answer('<html>', 'text/html; charset=utf-8'), 'The provider')
    await expect(refusal).rejects.toMatchObject({
      code: 'protocol',
      message: 'Expected text/event-stream, got text/html; charset=utf-8 (status 200).',
    })
    for (const type of ['application/json', 'text/event-streams', undefined]) {
      const { body, cancelled } = openBody()
      await expect(eventStreamBody(answer(body, type), 'The provider')).rejects.toMatchObject({ code: 'protocol' })
      await cancelled
    }
  })

  it('says what came also where its body has broken already', async () => {
    const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('broken')) })
    await expect(eventStreamBody(answer(broken, 'text/html'), 'The provider')).rejects.toMatchObject({
      code: 'protocol',
    })
  })

  it('names a fetch that cannot stream, and one that would do', async () => {
    const refusal = eventStreamBody(answer(null, 'text/event-stream'), 'The provider')
    await expect(refusal).rejects.toMatchObject({ code: 'protocol', message: expect.stringContaining('expo/fetch') })
  })

  it('gives the error of an answer that is no success', async () => {
    const refusal = eventStreamBody(answer('data: a\n\n', 'text/event-stream', 503), 'The server')
    await expect(refusal).rejects.toMatchObject({ code: 'http', status: 503 })
  })
})

describe('readEventBatches', () => {
  it('yields the events of each read, and none for a read that completed none', async () => {
    const batches: unknown[] = []
    for await (const events of readEventBatches(
      bodyOf('data: a\n\ndata: b\n\n', ': ping\n', 'data: c', '\n\n'),
      never,
    )) {
      batches.push(events.map(({ data }) => data))
    }
    expect(batches).toEqual([['a', 'b'], [], [], ['c']])
  })

  it('cancels the body when it is left early', async () => {
    const { body, cancelled } = openBody('data: a\n\n')
    for await (const _ of readEventBatches(body, never)) break
    expect(await cancelled).toBeUndefined()
  })

  it('throws what the body throws', async () => {
    const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error('broken')) })
    await expect(readEventBatches(broken, never).next()).rejects.toThrow('broken')
  })

  it('cancels a body that does not end by itself when its signal aborts, and throws the reason', async () => {
    const { body, cancelled } = openBody('data: a\n\n')
    const controller = new AbortController()
    const batches = readEventBatches(body, controller.signal)
    await batches.next()
    const waiting = batches.next()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await cancelled
  })

  it('reads nothing of a body that comes after its signal aborted', async () => {
    const { body, cancelled } = openBody('data: a\n\n')
    await expect(readEventBatches(body, AbortSignal.abort(new Error('late'))).next()).rejects.toThrow('late')
    await cancelled
  })

  it('refuses an event that is too long', async () => {
    const long = 'x'.repeat(1024 * 1024)
    const pieces = ['data: ', ...Array.from({ length: 17 }, () => long)]
    const { body, cancelled } = openBody(...pieces)
    const batches = readEventBatches(body, never)
    const drain = async (): Promise<void> => {
      for await (const _ of batches);
    }
    await expect(drain()).rejects.toMatchObject({ code: 'limit' })
    await cancelled
  })
})
