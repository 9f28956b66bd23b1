import { joinURL, send, type Fetch } from '../http/send.ts'
import { pause, within, type Clock } from '../clock.ts'
import type { SluiceEnd } from '../run/end.ts'
import { ALREADY_FINISHED, UNCONFIRMED } from '../run/outcome.ts'
import { endFacts, endOfRun, readRunObject } from '../run/run-object.ts'
import { backoffMs } from './rejoin.ts'

/** How long a cancel is sent again, in ms: no orphan shall go on, and go on costing, for a lost packet. */
const PERSIST_MS = 30_000

/** How long one try may take, in ms. A server answers after 1 s at the latest. */
const TRY_MS = 4_000

interface CancelRequest {
  readonly api: string
  readonly runId: string
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly fetch: Fetch
  readonly clock: Clock
}

/**
 * Asks a Sluice server to cancel a run, again and again until it answers. Returns what it told of the end, or
 * `undefined` if it refused or never answered. Never throws.
 */
export async function requestCancel(request: CancelRequest): Promise<SluiceEnd | undefined> {
  const { clock } = request
  const givenUp = clock.now() + PERSIST_MS
  for (let attempt = 1; clock.now() < givenUp; attempt += 1) {
    const trying = new AbortController()
    const answer = await within(clock, TRY_MS, ask(request, trying.signal)).catch(() => undefined)
    if (answer !== undefined) return answer.told
    trying.abort()
    await pause(clock, backoffMs(attempt), new AbortController().signal)
  }
  return undefined
}

/** One try. Resolves with what the server answered, or `undefined` if it is to be asked again. */
async function ask(
  { api, runId, headers, fetch }: CancelRequest,
  signal: AbortSignal,
): Promise<{ readonly told: SluiceEnd | undefined } | undefined> {
  // `keepalive` lets the request outlive the page that sends it.
  const init = { method: 'POST', headers: { ...headers }, keepalive: true, signal }
  const response = await send(fetch, joinURL(api, `runs/${runId}/cancel`), init, 'The server')
  if (response.status === 429 || response.status >= 500) return undefined
  const run = response.ok ? readRunObject(await response.json()) : undefined
  if (run === undefined) return { told: undefined }
  const end = endOfRun(run)
  const cancellation = run.cancellation ?? (end === undefined ? UNCONFIRMED : ALREADY_FINISHED)
  return { told: { status: 'cancelled', ...endFacts(run), ...end, cancellation } }
}
