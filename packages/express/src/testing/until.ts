import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something that another part of the test causes has come about; fails after 5 s. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Waited 5 s in vain until ${what}.`)
    await sleep(2)
  }
}
