import { ChatStreamError } from '../errors.ts'
import type { Limits } from './limits.ts'
import { nameOf, type RunKey } from './store.ts'

/** Who may start a run: as many at a time as the limits say, those counted that are still being created. */
export interface Admission {
  /** Lets a run in, or throws `rate_limited`. One that is in already is not counted twice. Returns how it goes out. */
  enter(key: RunKey): () => void
}

/** What a refused start is told to wait, in ms. */
const RETRY_AFTER_MS = 5_000

export function createAdmission({ runs, runsPerOwner }: Pick<Limits, 'runs' | 'runsPerOwner'>): Admission {
  // How often each run was let in, by name, and how many runs each owner has.
  const entries = new Map<string, number>()
  const owners = new Map<string, number>()

  function leave(name: string, owner: string): void {
    const left = (entries.get(name) ?? 0) - 1
    if (left > 0) return void entries.set(name, left)
    entries.delete(name)
    const others = (owners.get(owner) ?? 0) - 1
    if (others > 0) owners.set(owner, others)
    else owners.delete(owner)
  }

  return {
    enter(key) {
      const { owner } = key
      const name = nameOf(key)
      const before = entries.get(name) ?? 0
      if (before === 0) {
        const own = owners.get(owner) ?? 0
        if (entries.size >= runs || own >= runsPerOwner) {
          const message = 'Too many answers are on their way. Wait for one to end, or stop one, and try again.'
          throw new ChatStreamError('rate_limited', message, { retryAfterMs: RETRY_AFTER_MS })
        }
        owners.set(owner, own + 1)
      }
      entries.set(name, before + 1)
      let isIn = true
      return () => {
        if (isIn) leave(name, owner)
        isIn = false
      }
    },
  }
}
