import { randomUUID } from 'node:crypto'
import type { LogEvent, RunEndRecord, RunRecord, RunStore } from '@sluice/core/server'
import { until } from '@sluice/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore, type RedisStoreOptions } from './index.ts'
import { startRedis, WITHOUT_REDIS, type TestClient, type TestRedis } from './testing/redis-server.ts'

const NO_USAGE = { source: 'unknown', inputTokens: null, outputTokens: null, totalTokens: null } as const
const ENDED: RunEndRecord = {
  end: { status: 'completed', finishReason: 'stop', usage: NO_USAGE, skippedChunks: 0 },
  message: { id: 'm', role: 'assistant', parts: [], text: '' },
}

function newRecord(): RunRecord {
  const known = { owner: 'ann', thread: 't', parent: null, messageId: 'm', model: 'any', created: 0, input: [] }
  return { id: randomUUID(), fingerprint: 'f', ...known }
}

function event(id: number, filling = ''): LogEvent {
  return { id, text: `id: ${id}\ndata: {"id":"c1","choices":[{"delta":{"content":"t${id}${filling}"}}]}\n\n` }
}

describe.skipIf(WITHOUT_REDIS)('what is kept in Redis', () => {
  let redis: TestRedis
  let client: TestClient

  beforeAll(async () => {
    redis = await startRedis()
    client = await redis.connect()
  })
  afterAll(() => redis.close())

  async function begin(options: Partial<RedisStoreOptions> = {}) {
    const own = await redis.connect()
    const store = redisStore({ client: own, prefix: `${randomUUID()}:`, leaseMs: 1_000, ...options })
    const record = newRecord()
    const created = await store.create(record)
    if (created.type !== 'created') throw new Error(`Expected a new run, got ${created.type}.`)
    return { store, record, fence: created.fence }
  }

  async function write(store: RunStore, record: RunRecord, fence: string, count: number, filling = ''): Promise<void> {
    for (let id = 1; id <= count; id += 5) {
      await store.append(
        record,
        fence,
        [0, 1, 2, 3, 4].map((i) => event(id + i, filling)),
      )
    }
  }

  it('has a time to live, every key of it, while a run goes on and after', async () => {
    await client.sendCommand(['FLUSHALL'])
    const { store, record, fence } = await begin({ prefix: 'all:', retentionMs: 60_000 })
    store.attend(record)
    await write(store, record, fence, 20)
    await store.cancel(record)
    await store.cancel(newRecord())
    const going = await keysWithTtl()
    expect(going.map(([key]) => key.replace(/[{].*[}]/, '{}').replace(/:[\w-]{22}$/, ':#')).toSorted()).toEqual([
      'all:due',
      'all:stops',
      'all:thread:#',
      'all:tombstones',
      'all:tombstones:#',
      'all:{}:log',
      'all:{}:meta',
      'all:{}:meta',
      'all:{}:seen',
    ])
    for (const [key, ttl] of going) expect([key, ttl > 0]).toEqual([key, true])
    await store.end(record, fence, ENDED, event(21))
    await store.acknowledge(record, fence)
    const ofRun = (await keysWithTtl()).filter(([key]) => key.includes(record.id))
    for (const [key, ttl] of ofRun) expect([key, ttl > 0 && ttl <= 60_000]).toEqual([key, true])
    expect(ofRun.length).toBeGreaterThan(1)
  })

  async function keysWithTtl(): Promise<readonly (readonly [string, number])[]> {
    const keys: string[] = await client.sendCommand(['KEYS', '*'])
    return Promise.all(keys.map(async (key) => [key, Number(await client.sendCommand(['PTTL', key]))] as const))
  }

  it('is gone when the time after the end is over', async () => {
    const { store, record, fence } = await begin({ retentionMs: 50 })
    await store.end(record, fence, ENDED, event(1))
    await store.acknowledge(record, fence)
    await until('the run is gone', async () => (await store.get(record)) === undefined)
    expect(await store.list('ann', 't')).toEqual([])
    expect(await store.read(record, 0)).toEqual({ type: 'unknown' })
  })

  it('is of one run no more than the bounds, oldest out first, which ends nothing', async () => {
    const { store, record, fence } = await begin({ runEvents: 50 })
    await write(store, record, fence, 200)
    expect(await store.read(record, 0)).toEqual({ type: 'gap' })
    expect(await store.read(record, 140)).toEqual({ type: 'gap' })
    expect(await store.read(record, 155)).toMatchObject({ type: 'events', events: { length: 45 } })
    const small = await begin({ runBytes: 5_000 })
    await write(small.store, small.record, small.fence, 200, 'x'.repeat(100))
    expect(await small.store.read(small.record, 100)).toEqual({ type: 'gap' })
    expect(await small.store.read(small.record, 180)).toMatchObject({ events: { length: 20 } })
  })

  it('is told as a gap where Redis has lost some of its writes', async () => {
    const { store, record, fence } = await begin()
    await write(store, record, fence, 10)
    await store.end(record, fence, ENDED, event(14))
    expect(await store.read(record, 0)).toMatchObject({ events: { length: 10 } })
    expect(await store.read(record, 10)).toEqual({ type: 'gap' })
  })

  it('is whole again, its templates included, when what Redis has lost is written again', async () => {
    const { store, record, fence } = await begin()
    await store.append(record, fence, [event(1)])
    const keys: string[] = await client.sendCommand(['KEYS', `*${record.id}*`])
    for (const key of keys) await client.sendCommand(['COPY', key, `${key}:older`])
    await store.append(record, fence, [event(2), event(3), event(4)])
    for (const key of keys) await client.sendCommand(['RENAME', `${key}:older`, key])
    expect(await store.append(record, fence, [event(5)])).toEqual({ type: 'behind', lastEventId: 1 })
    const lost = [event(2), event(3), event(4), event(5)]
    expect(await store.append(record, fence, lost)).toMatchObject({ type: 'appended' })
    expect(await store.read(record, 0)).toEqual({ type: 'events', events: [event(1), ...lost], ended: false })
  })

  it('of a run in 500 tokens is small', async () => {
    const { store, record, fence } = await begin()
    await write(store, record, fence, 500)
    const keys: string[] = await client.sendCommand(['KEYS', `*${record.id}*`])
    const sizes = await Promise.all(keys.map((key) => client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0'])))
    expect(sizes.reduce((sum: number, size) => sum + Number(size), 0)).toBeLessThan(20_000)
  })

  it('takes two connections, and closes its own with the client', async () => {
    const own = await redis.connect('own')
    redisStore({ client: own })
    await until('there is one more', async () => (await connections()) === 2)
    await own.close()
    await until('both are closed', async () => (await connections()) === 0)
    expect(own.isOpen).toBe(false)
  })

  async function connections(): Promise<number> {
    const list: string = await client.sendCommand(['CLIENT', 'LIST'])
    return list.match(/ name=own /g)?.length ?? 0
  }

  it('is reached again after a restart that has forgotten the scripts, and trouble in between is told', async () => {
    const troubles: unknown[] = []
    const { store, record } = await begin({ onError: (error) => troubles.push(error) })
    await redis.restart('empty')
    expect(await store.get(record)).toBeUndefined()
    expect(troubles.length).toBeGreaterThan(0)
  })
})
