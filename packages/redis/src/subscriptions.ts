import type { RedisClient } from './connection.ts'

/** What came over a channel; `undefined` when something may have been missed. */
export type Listener = (message: string | undefined) => void

/**
 * Channels over one connection of their own. What is told there is only told sooner: a message may be lost, and
 * everybody who listens also looks for himself from time to time.
 */
export interface Subscriptions {
  /** Whether messages can be expected to come. */
  readonly isHealthy: boolean
  /** Returns how to stop. */
  listen(channel: string, listener: Listener): () => void
}

interface Channel {
  readonly listeners: Set<Listener>
  linger: NodeJS.Timeout | undefined
}

/** How long a channel that nobody listens to is kept, in ms: a viewer that waits for each event comes back at once. */
const LINGER_MS = 5_000

export function createSubscriptions(client: RedisClient, onError: (error: unknown) => void): Subscriptions {
  const subscriber = client.duplicate()
  const channels = new Map<string, Channel>()
  let isClosed = false

  subscriber.on('error', onError)
  subscriber.on('ready', () => channels.forEach((_, name) => deliver(name)))
  client.on('end', close)
  const connected = subscriber.connect().then(() => true, failed)

  function close(): void {
    isClosed = true
    for (const { linger } of channels.values()) clearTimeout(linger)
    subscriber.destroy()
  }

  function failed(error: unknown): false {
    if (!isClosed) onError(error)
    return false
  }

  function deliver(name: string, message?: string): void {
    for (const listener of channels.get(name)?.listeners ?? []) listener(message)
  }

  async function open(name: string): Promise<void> {
    if (!(await connected) || isClosed) return
    try {
      await subscriber.subscribe(name, (message) => deliver(name, message))
      deliver(name)
    } catch (error) {
      failed(error)
    }
  }

  async function drop(name: string): Promise<void> {
    channels.delete(name)
    if (!(await connected) || isClosed || channels.has(name)) return
    await subscriber.unsubscribe(name).catch(failed)
  }

  function find(name: string): Channel {
    const found = channels.get(name)
    if (found !== undefined) return found
    const channel: Channel = { listeners: new Set(), linger: undefined }
    channels.set(name, channel)
    void open(name)
    return channel
  }

  return {
    get isHealthy() {
      return !isClosed && subscriber.isOpen && subscriber.isReady !== false
    },
    listen(name, listener) {
      const channel = find(name)
      clearTimeout(channel.linger)
      channel.listeners.add(listener)
      return () => {
        channel.listeners.delete(listener)
        if (channel.listeners.size > 0 || isClosed) return
        clearTimeout(channel.linger)
        channel.linger = setTimeout(() => void drop(name), LINGER_MS)
        channel.linger.unref()
      }
    },
  }
}
