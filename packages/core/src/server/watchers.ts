/** Those who wait for the next change of something. */
export interface Watchers {
  /** Calls back once. Returns how to stop waiting. */
  add(callback: () => void): () => void
  wake(): void
}

export function createWatchers(): Watchers {
  return new Rounds()
}

class Rounds implements Watchers {
  #waiting: Set<() => void> | undefined

  add(callback: () => void): () => void {
    // A set of its own for each round: who waits again from a callback waits for the next change.
    const round = (this.#waiting ??= new Set())
    round.add(callback)
    return () => round.delete(callback)
  }

  wake(): void {
    const round = this.#waiting
    this.#waiting = undefined
    for (const callback of round ?? []) callback()
  }
}
