import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { ChatSource } from '@sluice/core/server'
import { createBench, ID, STEADY } from './bench.ts'
import { startFetchHandler } from './testing/start-fetch-handler.ts'
import { until } from './until.ts'

const PROTOCOL = readFileSync(new URL('../../../PROTOCOL.md', import.meta.url), 'utf8')

const bench = createBench(startFetchHandler)
afterEach(bench.close)

const START = {
  model: 'any',
  messages: [{ role: 'user', content: 'Build me a tower' }],
  stream: true,
  sluice: { thread: 't1', parent: 'm1', message: 'm2' },
}

/** Chunks as a provider might write them, one for each text. */
function batches(
  ...texts: readonly string[]
): readonly { readonly chunks: readonly { readonly chunk: object; readonly data: string }[]; readonly malformed: 0 }[] {
  return texts.map((content) => {
    const data = `{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${content}"}}]}`
    return { chunks: [{ chunk: JSON.parse(data), data }], malformed: 0 }
  })
}

/** Says two words and then waits until it is stopped. */
const talkative: ChatSource = async function* (_, { signal }) {
  yield* batches('Two', ' towers')
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

/** Says two words and ends. */
const brief: ChatSource = async function* () {
  yield* batches('Two', ' towers')
  yield { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], id: 'chatcmpl-1', object: 'chat.completion.chunk' }
}

/** What differs from run to run, as the document writes it. */
function written(text: string): string {
  return text
    .replaceAll(/"created":\d+/g, '"created":1795435200')
    .replaceAll(/"closedAfterMs":[\d.]+/g, '"closedAfterMs":2')
}

/** Whether the document shows an answer: a stream byte by byte, JSON whatever its white space. */
async function isWritten(response: Response): Promise<boolean> {
  const text = written(await response.text())
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    return PROTOCOL.includes(`\`\`\`\n${text.trimEnd()}\n\`\`\``)
  }
  const blocks = Array.from(PROTOCOL.matchAll(/^```json\n(.*?)^```$/gms), ([, json = '']) => JSON.parse(json))
  return blocks.some((block) => isDeepStrictEqual(block, JSON.parse(text)))
}

async function untilSaid(): Promise<void> {
  await until('two words were said', async () => (await (await bench.run()).json()).lastEventId === 2)
}

describe('PROTOCOL.md shows what the wire holds', () => {
  it('when an answer completes, and of the run afterwards', async () => {
    await bench.open({ source: brief })
    expect(await isWritten(await bench.post(START))).toBe(true)
    expect(await isWritten(await bench.run())).toBe(true)
  })

  it('when the stop crosses the end', async () => {
    await bench.open({ source: brief })
    await (await bench.post(START)).text()
    const answer = await bench.cancel()
    expect(answer.status).toBe(202)
    expect(await isWritten(answer)).toBe(true)
  })

  it('when the stop comes before the start', async () => {
    await bench.open({ source: brief })
    expect(await isWritten(await bench.cancel())).toBe(true)
    expect(await isWritten(await bench.post(START))).toBe(true)
  })

  it('when there are two viewers and one stops', async () => {
    await bench.open({ source: talkative })
    const [mine, theirs] = [await bench.post(START), await bench.events()]
    await untilSaid()
    expect(await isWritten(await bench.cancel())).toBe(true)
    expect(await isWritten(mine)).toBe(true)
    expect(await isWritten(theirs)).toBe(true)
  })

  it('when a viewer rejoins after the log was trimmed', async () => {
    await bench.open({ source: brief, limits: { runEvents: 2 } })
    await (await bench.post({ ...START, stream: false })).text()
    expect(await isWritten(await bench.events('?after=1'))).toBe(true)
    const { lastEventId } = await (await bench.run()).json()
    expect((await bench.events(`?after=${lastEventId}`)).status).toBe(204)
  })

  it('when a start is refused', async () => {
    await bench.open({ simulator: STEADY, limits: { runs: 0 } })
    const refused = await bench.post(START)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(await isWritten(refused)).toBe(true)
  })
})

it('uses one run id throughout', () => {
  const ids = PROTOCOL.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? []
  expect(new Set(ids)).toEqual(new Set([ID]))
})
