import type { RedisClient } from './connection.ts'

/**
 * Repeats work until it is stopped or the client is closed: each round begins between 0.75 and 1.25 times `ms` after the
 * end of the one before, so that many processes do not act in step. Does not keep the process running.
 */
export function startRounds(client: RedisClient, ms: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function later(): void {
    timer = setTimeout(
      () => void work().finally(() => (isStopped ? undefined : later())),
      ms * (0.75 + Math.random() / 2),
    )
    timer.unref()
  }

  function stop(): void {
    isStopped = true
    clearTimeout(timer)
    client.off('end', stop)
  }

  client.on('end', stop)
  later()
  return stop
}
