import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something that another part of the test causes has come about; fails after `ms`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms in vain until ${what}.`)
    await sleep(2)
  }
}
