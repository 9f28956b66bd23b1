/** Those who wait for the next change of something. */
export interface Watchers {
  /** Calls back once. Returns how to stop waiting. */
  add(callback: () => void): () => void
  wake(): void
}

export function createWatchers(): Watchers {
  let waiting = new Set<() => void>()
  return {
    add(callback) {
      // A set of its own for each round: who waits again from a callback waits for the next change.
      const round = waiting
      round.add(callback)
      return () => round.delete(callback)
    },
    wake() {
      const round = waiting
      if (round.size === 0) return
      waiting = new Set()
      for (const callback of round) callback()
    },
  }
}
