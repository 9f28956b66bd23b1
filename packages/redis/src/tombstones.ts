import type { RunKey } from '@sluice/core/server'
import type { Connection } from './connection.ts'
import { keyOfMember, memberOf, type Keys } from './keys.ts'
import { TOMB } from './index-scripts.ts'
import { UNEARTH } from './run-scripts.ts'

/** How long a cancel of a run that does not exist is remembered, in ms. */
export const TOMBSTONE_MS = 600_000
const MOST_OF_OWNER = 100
const MOST = 10_000

/** Bounds the number of tombstones, since anybody may ask for them: the oldest are forgotten. */
export interface Tombstones {
  add(key: RunKey): Promise<void>
}

export function createTombstones({ connection, keys }: { connection: Connection; keys: Keys }): Tombstones {
  async function surplus(index: string, member: string, most: number): Promise<readonly string[]> {
    const names = await connection.call(TOMB, [index], [member, most, TOMBSTONE_MS])
    return Array.isArray(names) ? names.map(String) : []
  }

  return {
    async add(key) {
      const member = memberOf(key)
      const found = await Promise.all([
        surplus(keys.tombstonesOf(key.owner), member, MOST_OF_OWNER),
        surplus(keys.tombstones, member, MOST),
      ])
      await Promise.all(found.flat().map((each) => connection.call(UNEARTH, [keys.run(keyOfMember(each)).meta], [])))
    },
  }
}
