export { redisStore, type RedisStoreOptions } from './redis-store.ts'
export type { RedisClient, ScriptOptions } from './connection.ts'
