import { useSyncExternalStore } from 'react'

/**
 * The conversation that the page's address names: `#<id>`. A reload, a bookmark and a second tab find it by that; an
 * address without one gets a fresh one. Whoever has the id can read the conversation, so it is long and random.
 */
export function useThread(): string {
  return useSyncExternalStore(subscribe, threadOfAddress)
}

/** Goes on to a fresh conversation; the browser's Back leads to the one before. */
export function startThread(): void {
  location.hash = createThreadId()
}

function subscribe(listener: () => void): () => void {
  const onChange = (): void => {
    nameThread()
    listener()
  }
  addEventListener('hashchange', onChange)
  return () => removeEventListener('hashchange', onChange)
}

/** Gives the address a thread if it has none. */
export function nameThread(): void {
  if (!/^[\w-]{16,64}$/.test(threadOfAddress())) history.replaceState(null, '', `#${createThreadId()}`)
}

function threadOfAddress(): string {
  return location.hash.slice(1)
}

function createThreadId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
