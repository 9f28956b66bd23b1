import { afterEach, describe, expect, it } from 'vitest'
import { createBench, OTHER_ID, QUESTION } from './bench.ts'
import type { StartServer } from './server-options.ts'
import { startWithoutReading } from './topics/stalls.ts'
import { until } from './until.ts'

const CHUNK_BYTES = 16 * 1024
const CHUNKS = 12_800
const CHUNKS_BEFORE = 1_600
const MOST_GROWTH = 64 * 1024 * 1024
const SAMPLE_MS = 20

/**
 * Registers the test that a stalled viewer holds bounded memory. It reads the memory of its whole process, with all the
 * garbage that the engine leaves in it: call it in a test file of its own, which vitest runs in a process of its own.
 */
export function describeBurstContract(name: string, startServer: StartServer): void {
  const bench = createBench(startServer)

  describe(`${name}, under load`, () => {
    afterEach(bench.close)

    it('grows by less than 64 MB in a burst of 200 MB that its viewer does not read', async () => {
      let chunks = CHUNKS_BEFORE
      await bench.open({
        onDisconnect: 'continue',
        async *source() {
          for (let i = 0; i < chunks; i += 1) {
            yield { choices: [{ index: 0, delta: {} }], padding: String(i).padEnd(CHUNK_BYTES, 'x') }
            if (i % 32 === 0) await new Promise((resolve) => setTimeout(resolve))
          }
        },
      })
      // One with a viewer that reads comes first: what it takes to make a burst is not what a stall holds.
      const response = await bench.post(QUESTION, { 'run-id': OTHER_ID })
      // It may fall behind, and be let go.
      await response.text().catch(() => '')
      await until(
        'it has passed',
        async () => (await (await bench.run(OTHER_ID)).json()).status === 'completed',
        30_000,
      )
      const before = process.memoryUsage.rss()
      chunks = CHUNKS
      const stalled = await startWithoutReading(bench.api)
      const samples: number[] = []
      const sampling = setInterval(() => samples.push(process.memoryUsage.rss()), SAMPLE_MS)
      await until(
        'the burst has passed',
        async () => (await (await bench.run()).json()).lastEventId === CHUNKS + 1,
        60_000,
      )
      clearInterval(sampling)
      stalled.destroy()
      expect(samples.length).toBeGreaterThan(2)
      expect(Math.max(...samples) - before).toBeLessThan(MOST_GROWTH)
    }, 90_000)
  })
}
