import { createFetchHandler, type ChatSource, type FetchHandlerOptions } from '@sluice/core/server'
import { describe, expect, it } from 'vitest'
import { ID, QUESTION } from './bench.ts'
import { describeServerContract } from './server-contract.ts'
import { startFetchHandler } from './testing/start-fetch-handler.ts'
import { until } from './until.ts'

describeServerContract('createFetchHandler on a plain Node server', startFetchHandler)

const ORIGIN = 'http://sluice.test'

function start(base: string): Request {
  return new Request(`${ORIGIN}${base}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'run-id': ID },
    body: JSON.stringify(QUESTION),
  })
}

const brief: ChatSource = async function* () {
  yield 'Two towers'
}

describe('createFetchHandler', () => {
  it.each<[FetchHandlerOptions['basePath'], string, number]>([
    [undefined, '', 200],
    [undefined, '/v1', 200],
    [undefined, '/runs', 200],
    ['/v1', '/v1', 200],
    ['/v1/', '/v1', 200],
    ['', '', 200],
    ['/v1', '', 404],
    ['/v1', '/v2', 404],
    ['/v1', '/v1/v1', 404],
    ['/v1', '/v12', 404],
  ])('with basePath %j answers a start below %j with %i', async (basePath, base, status) => {
    const handler = createFetchHandler({ source: brief, ...(basePath !== undefined && { basePath }) })
    const response = await handler(start(base))
    expect(response.status).toBe(status)
    await response.text()
    if (status === 404) return
    expect((await handler(new Request(`${ORIGIN}${base}/runs/${ID}`))).status).toBe(200)
    expect((await handler(new Request(`${ORIGIN}${base}/other`))).status).toBe(404)
  })

  it('takes the cancelling of a body for a viewer that leaves', async () => {
    let stopped = false
    const handler = createFetchHandler({
      onDisconnect: 'cancel',
      async *source(_, { signal }) {
        yield 'so far'
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        stopped = true
      },
    })
    const response = await handler(start('/v1'))
    await response.body?.cancel()
    await until('the source was stopped', () => stopped)
    expect(await (await handler(new Request(`${ORIGIN}/v1/runs/${ID}`))).json()).toMatchObject({
      status: 'cancelled',
      cancellation: { requestedBy: 'disconnect' },
    })
  })
})
