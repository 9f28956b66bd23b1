import { describe, expect, it } from 'vitest'

import { encodeSse } from './encode.ts'
import { SseParserStream } from './stream.ts'
import { SSE_CASES } from './testing/cases.ts'
import { gather, streamOf } from './testing/sources.ts'

describe('SseParserStream', () => {
  it('gives the events of every case', async () => {
    for (const { name, input, events, flushed } of SSE_CASES) {
      const all = flushed ? [...events, flushed] : events
      expect(await gather(streamOf(input).pipeThrough(new SseParserStream())), name).toStrictEqual(events)
      const flushing = streamOf(input).pipeThrough(new SseParserStream({ flush: true }))
      expect(await gather(flushing), name).toStrictEqual(all)
    }
  })

  it('takes text behind a TextDecoderStream', async () => {
    const text = new Blob([encodeSse({ data: '我' })]).stream().pipeThrough(new TextDecoderStream())
    expect(await gather(text.pipeThrough(new SseParserStream()))).toMatchObject([{ data: '我' }])
  })

  it('calls the other callbacks', async () => {
    const calls: string[] = []
    const events = streamOf('retry: 5\n: c\nid: 1\n\nx\ndata: a\n\n').pipeThrough(
      new SseParserStream({
        onRetry: (retry) => calls.push(`retry ${retry}`),
        onComment: (comment) => calls.push(`comment ${comment}`),
        onId: (id) => calls.push(`id ${id}`),
        onError: ({ type }) => calls.push(type),
      }),
    )
    expect(await gather(events)).toMatchObject([{ data: 'a' }])
    expect(calls).toStrictEqual(['retry 5', 'comment c', 'id 1', 'unknown-field'])
  })

  it('fails at the first error where it is to terminate', async () => {
    const events = streamOf('unknown\ndata: a\n\n').pipeThrough(new SseParserStream({ onError: 'terminate' }))
    await expect(gather(events)).rejects.toMatchObject({ name: 'ParseError', type: 'unknown-field' })
  })

  it('fails at an overflow in any case', async () => {
    const errors: string[] = []
    const events = streamOf(`data: ${'x'.repeat(99)}`).pipeThrough(
      new SseParserStream({ maxBufferSize: 20, onError: ({ type }) => errors.push(type) }),
    )
    await expect(gather(events)).rejects.toMatchObject({ type: 'max-buffer-size-exceeded' })
    expect(errors).toStrictEqual(['max-buffer-size-exceeded'])
  })
})
