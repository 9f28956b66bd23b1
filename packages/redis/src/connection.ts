import { setTimeout as sleep } from 'node:timers/promises'
import { ChatStreamError } from '@sluice/core'
import type { Script } from './script.ts'

export interface ScriptOptions {
  keys: string[]
  arguments: string[]
}

/**
 * What is used of a node-redis 6 client, so that a client of `createClient` and one of `createCluster` will do, whatever
 * modules they were created with.
 */
export interface RedisClient {
  eval(source: string, options: ScriptOptions): Promise<unknown>
  evalSha(sha1: string, options: ScriptOptions): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => unknown): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  duplicate(): RedisClient
  connect(): Promise<unknown>
  destroy(): void
  on(event: string, listener: (error: Error) => void): unknown
  off(event: string, listener: (error: Error) => void): unknown
  readonly isOpen: boolean
  /** Missing on a cluster's client. */
  readonly isReady?: boolean
}

/** Runs scripts on the client, each within a bounded time. */
export interface Connection {
  /**
   * Repeats a script whose answer was lost: all of them may be repeated. Throws a `ChatStreamError` `network` (503) when
   * Redis cannot be reached or does not answer within `timeoutMs`.
   */
  call(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>
}

/** Between two tries, in ms. */
const RETRY_MS = 50

export function createConnection(client: RedisClient, timeoutMs: number): Connection {
  async function run({ source, sha1 }: Script, options: ScriptOptions): Promise<unknown> {
    try {
      return await client.evalSha(sha1, options)
    } catch (error) {
      // Redis was restarted, or has never seen the script.
      if (replyCode(error) !== 'NOSCRIPT') throw error
      return client.eval(source, options)
    }
  }

  return {
    async call(script, keys, args) {
      const options = { keys: [...keys], arguments: args.map(String) }
      const deadline = performance.now() + timeoutMs
      let cause: unknown
      for (;;) {
        // A client without a connection would keep every command until it has one.
        if (client.isReady !== false) {
          try {
            return await within(deadline - performance.now(), run(script, options))
          } catch (error) {
            cause = error
          }
        }
        if (!client.isOpen || performance.now() + RETRY_MS > deadline || isFinal(cause)) throw unreachable(cause)
        await sleep(RETRY_MS)
      }
    },
  }
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${Math.round(ms)} ms.`)), ms)
  })
  try {
    return await Promise.race([answer, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The code of an error that Redis answered with: the first word of the reply, in capitals, as its protocol has it. The
 * client's class for it is no sign, since the client may come from another copy of the package.
 *
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]{2,}(?=\s|$)/.exec(error.message)?.[0] : undefined
}

/** Replies of a Redis that starts, or changes its master. After all others, asking again would bring the same. */
const PASSING: ReadonlySet<string> = new Set(['LOADING', 'TRYAGAIN', 'CLUSTERDOWN', 'MASTERDOWN', 'READONLY'])

function isFinal(error: unknown): boolean {
  const code = replyCode(error)
  return code !== undefined && !PASSING.has(code)
}

function unreachable(cause: unknown): ChatStreamError {
  const message = 'The store of runs could not be reached. Try again in a moment.'
  return new ChatStreamError('network', message, { status: 503, cause })
}
