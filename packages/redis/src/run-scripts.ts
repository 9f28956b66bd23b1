import { script, type Script } from './script.ts'

/*
 * The keys of a run, all in one slot:
 *
 * meta   HASH    record, print (the fingerprint), fence, lease (ms, by Redis' clock), last and first (event ids), bytes,
 *                cancel, ended, end, attempt, settled, t0 … t7 (templates); of a tombstone: `tomb` alone
 * log    STREAM  one entry for each batch, its id `<last event's id>-0`, n (number of events), p (payload)
 * seen   ZSET    processes that attend the run, by when their mark is over
 */

/** meta · record, fingerprint, fence, leaseMs, keepMs */
export const CREATE: Script = script(`
local known = redis.call('HMGET', KEYS[1], 'tomb', 'print', 'fence')
if known[1] then return 'cancelled' end
if known[3] == ARGV[3] then return 'created' end
if known[2] then return known[2] == ARGV[2] and 'exists' or 'conflict' end
redis.call('HSET', KEYS[1], 'record', ARGV[1], 'print', ARGV[2], 'fence', ARGV[3], 'lease', now + ARGV[4],
  'last', 0, 'first', 1, 'bytes', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 'created'
`)

/**
 * meta, log, seen · fence, leaseMs, keepMs, runEvents, runBytes, channel, first id, last id, count, payload, templates as
 * field and value. Answers its last id with it, and writes nothing where it has some of the events already
 * (`overlap`) or lacks some before them (`behind`).
 */
export const APPEND: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'ended', 'last', 'cancel', 'bytes', 'first', 'tomb')
if not run[1] then return { 'gone', run[7] and 1 or 0, 0, 0 } end
if run[1] ~= ARGV[1] or run[2] then return { 'fenced', 0, 0, 0 } end
local watched = redis.call('ZCOUNT', KEYS[3], now, '+inf')
local news = { 'appended', run[4] and 1 or 0, watched, tonumber(run[3]) }
redis.call('HSET', KEYS[1], 'lease', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local count = tonumber(ARGV[9])
if count == 0 then
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
  return news
end
local ahead = tonumber(ARGV[7]) - tonumber(run[3])
if ahead ~= 1 then
  news[1] = ahead < 1 and 'overlap' or 'behind'
  return news
end
redis.call('XADD', KEYS[2], ARGV[8] .. '-0', 'n', count, 'p', ARGV[10])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local first, bytes = tonumber(run[6]), tonumber(run[5]) + #ARGV[10]
local last = tonumber(ARGV[8])
while last - first >= tonumber(ARGV[4]) or bytes > tonumber(ARGV[5]) do
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  local id = tonumber(string.match(oldest[1], '^%d+'))
  if id == last then break end
  redis.call('XDEL', KEYS[2], oldest[1])
  bytes = bytes - #oldest[2][4]
  first = id + 1
end
redis.call('HSET', KEYS[1], 'last', last, 'first', first, 'bytes', bytes)
if #ARGV > 10 then redis.call('HSET', KEYS[1], unpack(ARGV, 11)) end
if watched > 0 then redis.call('PUBLISH', ARGV[6], last) end
return news
`)

/** meta, log · fence, leaseMs, keepMs, channel, end, last id, payload */
export const END: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'ended')
if not run[1] then return 'gone' end
if run[1] ~= ARGV[1] then return 'fenced' end
if run[2] then return 'ended' end
redis.call('XADD', KEYS[2], ARGV[6] .. '-0', 'n', 1, 'p', ARGV[7])
redis.call('HSET', KEYS[1], 'last', ARGV[6], 'ended', 1, 'end', ARGV[5], 'attempt', 1, 'lease', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[6])
return 'ended'
`)

/** meta · fence, end */
export const AMEND: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'ended')
if run[1] == ARGV[1] and run[2] then redis.call('HSET', KEYS[1], 'end', ARGV[2]) end
return 1
`)

/** meta, log, seen · fence, retentionMs */
export const ACKNOWLEDGE: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'ended')
if run[1] ~= ARGV[1] or not run[2] then return 0 end
redis.call('HSET', KEYS[1], 'settled', 1)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
return 1
`)

/** meta · fence, leaseMs. The recorder lives, and `onSettled` has not returned. */
export const HOLD: Script = script(`
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'lease', now + ARGV[2])
return 1
`)

/** meta · tombstoneMs */
export const CANCEL: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'ended')
if run[2] then return 'ended' end
if run[1] then
  redis.call('HSET', KEYS[1], 'cancel', 1)
  return 'requested'
end
redis.call('HSET', KEYS[1], 'tomb', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 'tombstoned'
`)

/** meta. Forgets a tombstone, and nothing else. */
export const UNEARTH: Script = script(`
if redis.call('HEXISTS', KEYS[1], 'tomb') == 1 then redis.call('DEL', KEYS[1]) end
return 1
`)

/** meta */
export const GET: Script = script(`
return redis.call('HMGET', KEYS[1], 'record', 'last', 'end')
`)

/** meta, log · after, most entries. Answers last id, first id, whether it has ended, entries, templates as fields and values. */
export const READ: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'last', 'first', 'ended')
if not run[1] then return false end
local ended = run[4] and 1 or 0
if tonumber(ARGV[1]) >= tonumber(run[2]) then return { run[2], run[3], ended, {}, {} } end
local entries = redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+', 'COUNT', ARGV[2])
local templates = redis.call('HMGET', KEYS[1], 't0', 't1', 't2', 't3', 't4', 't5', 't6', 't7')
return { run[2], run[3], ended, entries, templates }
`)

/** seen, meta · process, until when it attends (ms from now; 0: it has left) */
export const ATTEND: Script = script(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[2] == '0' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

/** meta · new fence, leaseMs, keepMs. Answers what became of it, and in `held` for how many ms the lease still is. */
export const CLAIM: Script = script(`
local run = redis.call('HMGET', KEYS[1], 'fence', 'settled', 'lease', 'ended', 'cancel', 'record', 'last', 'end')
if not run[1] or run[2] then return { 'over' } end
if run[1] ~= ARGV[1] then
  if tonumber(run[3]) > now then return { 'held', tonumber(run[3]) - now } end
  if run[4] then redis.call('HINCRBY', KEYS[1], 'attempt', 1) end
end
redis.call('HSET', KEYS[1], 'fence', ARGV[1], 'lease', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local attempt = tonumber(redis.call('HGET', KEYS[1], 'attempt') or 1)
return { 'claimed', attempt, run[6], run[7], run[8], run[5] and 1 or 0 }
`)
