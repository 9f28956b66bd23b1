import type { RunOutcome } from '../run/outcome.ts'
import type { RunServerOptions, SettledInfo } from './options.ts'
import { report } from './report.ts'
import type { RunKey, RunStore } from './store.ts'

export interface Settlement {
  readonly server: RunServerOptions
  readonly store: RunStore
  readonly key: RunKey
  /** The fence under which the end was recorded. */
  readonly fence: string
}

/** Tells the app how a run ended, and the store that it was told. Never rejects: what goes wrong is reported. */
export async function settle(settlement: Settlement, outcome: RunOutcome, info: SettledInfo): Promise<void> {
  const { server, store, key, fence } = settlement
  try {
    await server.onSettled?.(outcome, info)
  } catch (error) {
    report(server, error, key.id)
  }
  await store.acknowledge(key, fence).catch((error: unknown) => report(server, error, key.id))
}
