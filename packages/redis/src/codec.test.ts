import type { LogEvent } from '@sluice/core/server'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEncoder, decode, type Template } from './codec.ts'

function textEvent(id: number, content: string): LogEvent {
  const delta = { content }
  const chunk = {
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    choices: [{ index: 0, delta, finish_reason: null }],
  }
  return { id, text: `id: ${id}\ndata: ${JSON.stringify(chunk)}\n\n` }
}

/** Writes events in batches of a size, as one that confirms each or none, and reads them back. */
function roundTrip(events: readonly LogEvent[], size: number, confirms = true) {
  const encoder = createEncoder({ learns: true })
  const templates: (Template | undefined)[] = []
  const payloads: { readonly payload: string; readonly last: number }[] = []
  for (let i = 0; i < events.length; i += size) {
    const some = events.slice(i, i + size)
    const batch = encoder.encode(some)
    if (confirms) encoder.confirm(batch)
    for (const [number, template] of batch.fresh) templates[number] = template
    payloads.push({ payload: batch.payload, last: some.at(-1)?.id ?? 0 })
  }
  const bytes = payloads.reduce((sum, { payload }) => sum + Buffer.byteLength(payload), 0)
  // What is kept is UTF-8.
  const read = payloads.flatMap(({ payload, last }) => decode(Buffer.from(payload).toString(), last, templates))
  return { read, bytes }
}

describe('the codec', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
    fc.constantFrom('{"choices":[{"delta":{"content":"', '"}}]}', '"content":"', '\\"', '\r\n', '!', '=', '0'),
  )
  const anyEvent = fc.oneof(
    anyText.map((content) => (id: number) => textEvent(id, content)),
    anyText.map((data) => (id: number) => ({ id, text: `id: ${id}\ndata: ${data}\n\n` })),
    fc.constantFrom('id: 1\ndata: x\n\n', ': ping\n', '').map((text) => (id: number) => ({ id, text })),
  )

  it('brings every event back byte for byte, whatever it is and however the events are batched', () => {
    const batches = fc.tuple(fc.array(anyEvent), fc.integer({ min: 1, max: 9 }), fc.boolean())
    fc.assert(
      fc.property(batches, ([makers, size, confirms]) => {
        const events = makers.map((make, i) => make(i + 1))
        expect(roundTrip(events, size, confirms).read).toEqual(events)
      }),
      { numRuns: 1_000 },
    )
  })

  it('keeps of a chunk that differs in its text alone only that', () => {
    const events = Array.from({ length: 500 }, (_, i) => textEvent(i + 1, ` word${i}`))
    const written = events.reduce((sum, { text }) => sum + text.length, 0)
    const { read, bytes } = roundTrip(events, 5)
    expect(read).toEqual(events)
    expect(bytes).toBeLessThan(written / 10)
  })

  it('keeps no templates where it has not seen the start of a run, for their numbers may be taken', () => {
    const encoder = createEncoder({ learns: false })
    const batch = encoder.encode([textEvent(7, 'a'), textEvent(8, 'b'), textEvent(9, 'c')])
    expect(batch.fresh.size).toBe(0)
    expect(decode(batch.payload, 9, [])).toEqual([textEvent(7, 'a'), textEvent(8, 'b'), textEvent(9, 'c')])
  })
})
