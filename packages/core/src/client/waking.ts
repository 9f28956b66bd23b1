/** What a page hears when its machine, or its network, is back. Other runtimes know no such events, or none at all. */
const WAKING = ['online', 'pageshow', 'visibilitychange'] as const

const page: Partial<EventTarget> = globalThis

/** Calls back whenever there is reason to believe that a lost connection can be had again. Returns how to stop. */
export function onWaking(callback: () => void): () => void {
  for (const event of WAKING) page.addEventListener?.(event, callback)
  return () => {
    for (const event of WAKING) page.removeEventListener?.(event, callback)
  }
}
