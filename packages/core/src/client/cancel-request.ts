import { joinURL, send, type Fetch } from '../http/send.ts'
import { pause, type Clock } from '../run/clock.ts'
import type { SluiceEnd } from '../run/end.ts'
import { ALREADY_FINISHED } from '../run/outcome.ts'
import { endOfRun, readRunObject } from '../run/run-object.ts'
import { backoffMs } from './rejoin.ts'

/** How long a cancel is sent again, in ms: no orphan shall go on, and go on costing, for a lost packet. */
const PERSIST_MS = 30_000

/**
 * Asks a Sluice server to cancel a run, again and again until it answers. Returns what it told of the end, or
 * `undefined` if it refused or never answered. Never throws.
 */
export async function requestCancel(request: {
  readonly api: string
  readonly runId: string
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly fetch: Fetch
  readonly clock: Clock
}): Promise<SluiceEnd | undefined> {
  const { clock, fetch } = request
  const url = joinURL(request.api, `runs/${request.runId}/cancel`)
  const givingUp = new AbortController()
  const stop = clock.after(PERSIST_MS, () => givingUp.abort())
  try {
    for (let attempt = 1; !givingUp.signal.aborted; attempt += 1) {
      // `keepalive` lets the request outlive the page that sends it.
      const init = { method: 'POST', headers: { ...request.headers }, keepalive: true, signal: givingUp.signal }
      const response = await send(fetch, url, init, 'The server').catch(() => undefined)
      if (response !== undefined && response.status < 500 && response.status !== 429) return await readAnswer(response)
      await pause(clock, backoffMs(attempt), givingUp.signal)
    }
    return undefined
  } finally {
    stop()
  }
}

async function readAnswer(response: Response): Promise<SluiceEnd | undefined> {
  const body: unknown = await response.json().catch(() => undefined)
  const run = response.ok ? readRunObject(body) : undefined
  if (run === undefined) return undefined
  const end = endOfRun(run)
  if (end === undefined || end.cancellation !== undefined) return end
  return { ...end, cancellation: ALREADY_FINISHED }
}
