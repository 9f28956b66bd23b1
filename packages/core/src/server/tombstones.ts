import type { Clock } from '../clock.ts'
import type { RunKey } from './store.ts'

/** Cancels of runs that do not exist yet. Bounded in time and number, since anybody may ask for them. */
export interface Tombstones {
  add(key: RunKey): void
  has(key: RunKey): boolean
}

const KEPT_MS = 600_000
const MOST_OF_OWNER = 100
const MOST = 10_000

export function createTombstones(clock: Clock): Tombstones {
  // Oldest first, by owner, and in each owner's set by id.
  const owners = new Map<string, Map<string, number>>()
  let count = 0

  function drop(owner: string, id: string): void {
    const ids = owners.get(owner)
    if (ids?.delete(id)) count -= 1
    if (ids?.size === 0) owners.delete(owner)
  }

  function dropOldest(owner: string): void {
    for (const id of owners.get(owner)?.keys() ?? []) return drop(owner, id)
  }

  return {
    add({ owner, id }) {
      drop(owner, id)
      const ids = owners.get(owner) ?? new Map<string, number>()
      owners.delete(owner) // the owner moves to the end: who asked last is forgotten last
      owners.set(owner, ids.set(id, clock.now() + KEPT_MS))
      count += 1
      if (ids.size > MOST_OF_OWNER) dropOldest(owner)
      for (const other of owners.keys()) {
        if (count <= MOST) return
        dropOldest(other)
      }
    },
    has({ owner, id }) {
      const until = owners.get(owner)?.get(id)
      if (until === undefined) return false
      if (until > clock.now()) return true
      drop(owner, id)
      return false
    },
  }
}
