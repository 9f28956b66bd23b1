import { storeContract } from '@sluice/core/store-contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from './index.ts'
import { startRedisCluster, type TestRedisCluster } from './testing/redis-cluster.ts'
import { startRedis, WITHOUT_REDIS, type TestRedis } from './testing/redis-server.ts'

describe.skipIf(WITHOUT_REDIS)('redisStore on one Redis', () => {
  let redis: TestRedis

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.close())

  it.each(storeContract)('$name', async ({ name, run }) => {
    const open = async () => redisStore({ client: await redis.connect(), prefix: `${name}:`, leaseMs: 5_000 })
    await expect(run(open)).resolves.toBeUndefined()
  })
})

describe.skipIf(WITHOUT_REDIS)('redisStore on a Redis Cluster', () => {
  let redis: TestRedisCluster

  beforeAll(async () => {
    redis = await startRedisCluster()
  }, 60_000)
  afterAll(() => redis.close())

  it.each(storeContract)('$name', async ({ name, run }) => {
    const open = async () => redisStore({ client: await redis.connect(), prefix: `${name}:`, leaseMs: 5_000 })
    await expect(run(open)).resolves.toBeUndefined()
  })
})
