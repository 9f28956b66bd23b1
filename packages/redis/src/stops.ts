import type { RunKey } from '@sluice/core/server'
import type { Connection } from './connection.ts'
import { memberOf, type Keys } from './keys.ts'
import { STOP, STOPS } from './index-scripts.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Tells producers of cancels. The flag in the run is the truth, and this only makes them look. */
export interface Stops {
  tell(key: RunKey): Promise<void>
  /** Returns how to stop listening. */
  listen(key: RunKey, callback: () => void): () => void
}

export interface StopsOptions {
  readonly connection: Connection
  readonly subscriptions: Subscriptions
  readonly keys: Keys
  readonly onError: (error: unknown) => void
}

/** How often one who produces looks, for all its runs at once, in ms: while it can expect to be told, and while it can't. */
const LOOK_MS = { told: 200, untold: 20 }
/** How long a cancel can be found, in ms. */
const KEPT_MS = 60_000

export function createStops({ connection, subscriptions, keys, onError }: StopsOptions): Stops {
  const callbacks = new Map<string, () => void>()
  let since = 0
  let timer: NodeJS.Timeout | undefined
  let stopListening = (): void => {}

  async function look(): Promise<void> {
    timer = undefined
    try {
      const found = await connection.call(STOPS, [keys.stops], [since])
      const [now, ...members] = Array.isArray(found) ? found.map(String) : []
      since = Number(now)
      for (const member of members) callbacks.get(member)?.()
    } catch (error) {
      onError(error)
    }
    if (callbacks.size > 0) lookLater()
  }

  function lookLater(): void {
    timer ??= setTimeout(() => void look(), subscriptions.isHealthy ? LOOK_MS.told : LOOK_MS.untold).unref()
  }

  function onMessage(member: string | undefined): void {
    if (member !== undefined) callbacks.get(member)?.()
  }

  return {
    async tell(key) {
      await connection.call(STOP, [keys.stops], [memberOf(key), KEPT_MS, keys.stops])
    },
    listen(key, callback) {
      const member = memberOf(key)
      if (callbacks.size === 0) stopListening = subscriptions.listen(keys.stops, onMessage)
      callbacks.set(member, callback)
      lookLater()
      return () => {
        if (callbacks.get(member) !== callback) return
        callbacks.delete(member)
        if (callbacks.size === 0) stopListening()
      }
    },
  }
}
