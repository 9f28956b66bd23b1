import { createHash } from 'node:crypto'

/** A Lua script: everything that has to happen at once on the keys of one hash slot. */
export interface Script {
  readonly source: string
  /** What `EVALSHA` calls it. */
  readonly sha1: string
}

/** ms since the Unix epoch by Redis' clock, the only one that all processes share. */
const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

export function script(lua: string): Script {
  const source = NOW + lua
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}
