import { createHash } from 'node:crypto'
import type { RunKey } from '@sluice/core/server'

/** Where one run is kept: all in the hash slot of `{…}`. */
export interface RunKeys {
  readonly meta: string
  readonly log: string
  readonly seen: string
  /** Where growth of the log is told, while somebody attends the run. */
  readonly channel: string
}

/** Where everything is kept. Owners and threads are hashed: they can be any text, and are nobody's business here. */
export interface Keys {
  run(key: RunKey): RunKeys
  thread(owner: string, thread: string): string
  tombstonesOf(owner: string): string
  readonly tombstones: string
  /** Runs, by when somebody has to look after them. */
  readonly due: string
  /** Runs that were asked to stop lately, and the channel on which that is told. */
  readonly stops: string
}

export function createKeys(prefix: string): Keys {
  return {
    run({ owner, id }) {
      const base = `${prefix}{${id.toLowerCase()}:${digest(owner)}}`
      return { meta: `${base}:meta`, log: `${base}:log`, seen: `${base}:seen`, channel: `${base}:channel` }
    },
    thread: (owner, thread) => `${prefix}thread:${digest(JSON.stringify([owner, thread]))}`,
    tombstonesOf: (owner) => `${prefix}tombstones:${digest(owner)}`,
    tombstones: `${prefix}tombstones`,
    due: `${prefix}due`,
    stops: `${prefix}stops`,
  }
}

/** A run as a member of an index. */
export function memberOf({ owner, id }: RunKey): string {
  return `${id.toLowerCase()} ${owner}`
}

/** The run that a member of an index names. */
export function keyOfMember(member: string): RunKey {
  const end = member.indexOf(' ')
  return { id: member.slice(0, end), owner: member.slice(end + 1) }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
