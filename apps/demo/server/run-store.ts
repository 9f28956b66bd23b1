import type { RunStore } from '@sluice/express'
import { redisStore } from '@sluice/redis'
import { createClient } from 'redis'
import { SettingsError } from './settings.ts'

export interface OpenRunStore {
  readonly store: RunStore
  close(): Promise<void>
}

/** The longest wait between two tries to reach a Redis that was lost, in ms. */
const MAX_WAIT_MS = 2_000

/** Runs in Redis, so that any instance can show and stop them; `null` without an address: they stay in this process. */
export async function openRunStore(url: string | undefined): Promise<OpenRunStore | null> {
  if (url === undefined) return null
  const { protocol, pathname } = new URL(url)
  let isReached = false
  // One that is lost is sought again for ever; one that was never there is a wrong setting.
  const reconnectStrategy = (tries: number): number | Error =>
    isReached ? Math.min((tries + 1) * 100, MAX_WAIT_MS) : new Error('not reached')
  const client =
    protocol === 'unix:'
      ? createClient({ socket: { path: pathname, tls: false, reconnectStrategy } })
      : createClient({ url, socket: { reconnectStrategy } })
  let isLost = false
  // Without a listener a lost connection ends the process.
  client.on('error', () => {
    if (isReached && !isLost) console.error('Redis was lost; it is sought again until it answers.')
    isLost = true
  })
  client.on('ready', () => {
    if (isReached && isLost) console.error('Redis answers again.')
    isLost = false
    isReached = true
  })
  try {
    await client.connect()
  } catch {
    client.destroy()
    throw new SettingsError('REDIS_URL names a Redis that does not answer; start it, or unset REDIS_URL.')
  }
  return { store: redisStore({ client }), close: () => client.close() }
}
