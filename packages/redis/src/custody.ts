import type { Claim, RunKey } from '@sluice/core/server'
import type { Connection } from './connection.ts'
import { keyOfMember, memberOf, type Keys } from './keys.ts'
import { readStored } from './read-stored.ts'
import { DROP, DUE, TAKE_DUE } from './index-scripts.ts'
import { ACKNOWLEDGE, CLAIM, HOLD } from './run-scripts.ts'

/** Which runs this process answers for, and which ones nobody answers for any more. */
export interface Custody {
  /** The fence has just been accepted. `recorded`: the end is, and `onSettled` has not returned. */
  keep(key: RunKey, fence: string, phase: 'produced' | 'recorded'): void
  /** `onSettled` has returned. A Redis that cannot be reached now is told with the next sign of life. */
  settle(key: RunKey, fence: string): Promise<void>
  release(key: RunKey): void
  /** Tells the others that the runs kept here are looked after. Never rejects. */
  renew(): Promise<void>
  /** Looks for runs that nobody looks after, and hands them over. Never rejects. */
  reap(callback: (claim: Claim) => Promise<void>): Promise<void>
}

export interface CustodyOptions {
  readonly connection: Connection
  readonly keys: Keys
  readonly leaseMs: number
  readonly keepMs: number
  readonly retentionMs: number
  /** This process no longer answers for the run. */
  readonly onRelease: (key: RunKey) => void
  readonly onError: (error: unknown) => void
}

interface Kept {
  readonly key: RunKey
  readonly fence: string
  readonly phase: 'produced' | 'recorded' | 'settled'
  readonly acceptedAt: number
}

/** Most runs of one look, and of one command that tells of several. */
const AT_ONCE = 50
const TOLD_AT_ONCE = 500

export function createCustody(options: CustodyOptions): Custody {
  const { connection, keys, leaseMs, keepMs, retentionMs, onRelease, onError } = options
  const kept = new Map<string, Kept>()

  function release(key: RunKey): void {
    kept.delete(memberOf(key))
    onRelease(key)
  }

  async function hold({ key, fence }: Kept): Promise<void> {
    const held = await connection.call(HOLD, [keys.run(key).meta], [fence, leaseMs])
    if (held !== 1) release(key)
  }

  async function acknowledge({ key, fence }: Kept): Promise<void> {
    const { meta, log, seen } = keys.run(key)
    const acknowledged = await connection.call(ACKNOWLEDGE, [meta, log, seen], [fence, retentionMs])
    release(key)
    if (acknowledged === 1) await connection.call(DROP, [keys.due], [memberOf(key)])
  }

  const SIGN_OF_LIFE = { produced: async () => {}, recorded: hold, settled: acknowledge }

  /** Whether it is known that the producer lives: the custody of one that is cut off must not outlast its lease. */
  function isFresh({ phase, acceptedAt }: Kept): boolean {
    return phase !== 'produced' || performance.now() - acceptedAt < leaseMs
  }

  async function claim(member: string): Promise<Claim | undefined> {
    const key = keyOfMember(member)
    const fence = crypto.randomUUID()
    const answer = await connection.call(CLAIM, [keys.run(key).meta], [fence, leaseMs, keepMs])
    const [state, detail, record, last, end, cancel] = Array.isArray(answer) ? answer : []
    if (state === 'over') await connection.call(DROP, [keys.due], [member])
    if (state === 'held') await connection.call(DUE, [keys.due], [Number(detail) + 1, keepMs, 'known', member])
    const run = state === 'claimed' ? readStored([record, last, end]) : undefined
    if (run === undefined) return undefined
    kept.set(member, { key, fence, phase: run.ended === null ? 'produced' : 'recorded', acceptedAt: performance.now() })
    return { run, fence, cancelRequested: cancel === 1, attempt: Number(detail) }
  }

  /** Resolves when the run is finished, or after a lease: an `onSettled` that hangs holds up no other run. */
  async function handOver(member: string, callback: (claim: Claim) => Promise<void>): Promise<void> {
    const claimed = await claim(member)
    if (claimed === undefined) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, leaseMs).unref()))
    await Promise.race([callback(claimed), late])
    clearTimeout(timer)
  }

  return {
    keep(key, fence, phase) {
      kept.set(memberOf(key), { key, fence, phase, acceptedAt: performance.now() })
    },
    async settle(key, fence) {
      const settled: Kept = { key, fence, phase: 'settled', acceptedAt: performance.now() }
      kept.set(memberOf(key), settled)
      await acknowledge(settled)
    },
    release,
    async renew() {
      for (const each of kept.values()) if (!isFresh(each)) release(each.key)
      const members = [...kept.keys()]
      const signs = [...kept.values()].map((each) => SIGN_OF_LIFE[each.phase](each).catch(onError))
      for (let i = 0; i < members.length; i += TOLD_AT_ONCE) {
        const some = members.slice(i, i + TOLD_AT_ONCE)
        signs.push(connection.call(DUE, [keys.due], [leaseMs, keepMs, 'known', ...some]).then(() => {}, onError))
      }
      await Promise.all(signs)
    },
    async reap(callback) {
      try {
        for (;;) {
          const due = await connection.call(TAKE_DUE, [keys.due], [AT_ONCE, leaseMs])
          const members = Array.isArray(due) ? due.map(String) : []
          await Promise.all(members.map((member) => handOver(member, callback).catch(onError)))
          if (members.length < AT_ONCE) return
        }
      } catch (error) {
        onError(error)
      }
    },
  }
}
