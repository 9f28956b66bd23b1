import type { RunOutcome } from '../run/outcome.ts'
import type { NewMessage } from './chat.ts'

/**
 * React's StrictMode plays the effects of a mount twice, in one task: mount, unmount, mount. What an effect sent the first
 * time it then sends again, though nobody asked twice.
 */
export interface Replays {
  mounted(): void
  /** What `send` gives, or what it gave for the same message before the mount that was played since, in the same task. */
  once(message: NewMessage, send: () => Promise<RunOutcome>): Promise<RunOutcome>
}

export function createReplays(): Replays {
  const sent = new Map<string, { readonly mount: number; readonly outcome: Promise<RunOutcome> }>()
  let mounts = 0
  return {
    mounted() {
      mounts += 1
    },
    once({ text, files, parts }, send) {
      const name = JSON.stringify([text, files, parts])
      const before = sent.get(name)
      if (before !== undefined && before.mount < mounts) return before.outcome
      const outcome = send()
      sent.set(name, { mount: mounts, outcome })
      queueMicrotask(() => sent.delete(name))
      return outcome
    },
  }
}
