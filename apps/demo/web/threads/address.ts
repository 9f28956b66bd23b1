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
  history.pushState(FRESH, '', `#${createThreadId()}`)
  dispatchEvent(new Event('hashchange'))
}

/** Whether this page made the address, so that nothing can be expected there. */
export function isFreshThread(): boolean {
  return Object(history.state).isFresh === true
}

const FRESH = { isFresh: true }

function subscribe(listener: () => void): () => void {
  const onChange = (): void => {
    nameThread()
    listener()
  }
  addEventListener('hashchange', onChange)
  addEventListener('popstate', onChange)
  return () => {
    removeEventListener('hashchange', onChange)
    removeEventListener('popstate', onChange)
  }
}

/** Gives the address a thread if it has none. */
export function nameThread(): void {
  if (!/^[\w-]{16,64}$/.test(threadOfAddress())) history.replaceState(FRESH, '', `#${createThreadId()}`)
}

function threadOfAddress(): string {
  return location.hash.slice(1)
}

function createThreadId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
