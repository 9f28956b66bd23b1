import { script, type Script } from './script.ts'

/* The indexes stand in slots of their own. They may name runs that are not there, and are mended by who reads them. */

/** thread index · id, most ids, keepMs. Scored by µs, so that the order is that of the starts. */
export const INDEX: Script = script(`
redis.call('ZADD', KEYS[1], 'NX', time[1] * 1000000 + time[2], ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
`)

/** index. Newest first. */
export const INDEXED: Script = script(`
return redis.call('ZREVRANGE', KEYS[1], 0, -1)
`)

/** index · names */
export const DROP: Script = script(`
return redis.call('ZREM', KEYS[1], unpack(ARGV))
`)

/** due · ms from now, keepMs, `new` or `known`, names. When somebody has to look after these runs, unless told again. */
export const DUE: Script = script(`
for i = 4, #ARGV do
  if ARGV[3] == 'new' then redis.call('ZADD', KEYS[1], 'NX', now + ARGV[1], ARGV[i])
  else redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/** due · most names, leaseMs. Takes what is due; where the taker dies, it is due again after a lease. */
export const TAKE_DUE: Script = script(`
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], now + ARGV[2], name) end
return names
`)

/** stops · name, keepMs, channel. A cancel, for processes that pub/sub does not reach. */
export const STOP: Script = script(`
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[1])
return 1
`)

/** stops · since when (ms by Redis' clock). Answers the time, then names. */
export const STOPS: Script = script(`
local names = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf')
table.insert(names, 1, tostring(now))
return names
`)

/** tombstones · name, most names, keepMs. Answers those that are too many, oldest first. */
export const TOMB: Script = script(`
redis.call('ZADD', KEYS[1], time[1] * 1000000 + time[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local surplus = redis.call('ZCARD', KEYS[1]) - ARGV[2]
if surplus <= 0 then return {} end
local names = redis.call('ZRANGE', KEYS[1], 0, surplus - 1)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, surplus - 1)
return names
`)
