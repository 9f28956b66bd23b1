import { ANSWER, createBench, ID } from '@sluice/contract'
import express from 'express'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startExpress } from '../testing/express-server.ts'

const bench = createBench(
  startExpress((chat) =>
    express()
      .get('/', (_, res) => void res.type('html').send('<!doctype html><title>A page</title>'))
      .use('/v1', chat),
  ),
)

let browser: Browser

beforeAll(async () => {
  const executablePath = process.env['CHROMIUM_PATH'] ?? chromium.executablePath()
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
}, 60_000)

afterAll(() => browser?.close())
afterEach(bench.close)

describe('a browser’s own EventSource', () => {
  it(
    'reads a run from its first event to [DONE], asks once more, and is stopped by a 204',
    { timeout: 30_000 },
    async () => {
      await bench.open()
      await (await bench.post()).body?.cancel()
      const page = await browser.newPage()
      const statuses: number[] = []
      page.on('response', (response) => {
        if (response.url().includes('/events')) statuses.push(response.status())
      })
      await page.goto(bench.api.replace('/v1', '/'))
      const seen = await page.evaluate(
        (url) =>
          new Promise<{ readonly text: string; readonly ids: readonly number[]; readonly done: boolean }>((resolve) => {
            const source = new EventSource(url)
            const ids: number[] = []
            let text = ''
            let done = false
            source.addEventListener('message', ({ data, lastEventId }) => {
              if (data === '[DONE]') {
                done = true
                return
              }
              ids.push(Number(lastEventId))
              text += JSON.parse(data).choices[0]?.delta.content ?? ''
            })
            source.addEventListener('error', () => {
              if (source.readyState === source.CLOSED) resolve({ text, ids, done })
            })
          }),
        `/v1/runs/${ID}/events`,
      )
      expect(seen.text).toBe(ANSWER)
      expect(seen.done).toBe(true)
      expect(seen.ids).toEqual(seen.ids.map((_, i) => i + 1))
      expect(statuses).toEqual([200, 204])
      await page.close()
    },
  )
})
