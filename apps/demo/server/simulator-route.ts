import { simulatedAnswer, type SimulatorRequest, type SimulatorStats } from '@sluice/simulator'
import type { RequestHandler } from 'express'

/** The newest requests that the route tells of, unless `?limit=` asks for fewer. */
const MOST_REQUESTS = 20

/** A prompt that is this long may have been cut in the records, in UTF-16 code units. */
const PROMPT_KEPT = 200

/** What the simulator's own server tells of its books. */
export async function readStats(baseURL: string, requests: number): Promise<SimulatorStats> {
  const response = await fetch(new URL(`/stats?limit=${requests}`, baseURL), { signal: AbortSignal.timeout(2000) })
  return response.json()
}

/**
 * `GET /simulator`: the simulator's books. `now` is its clock (epoch ms), by which a page on another machine can place
 * the times; `requests` holds the newest ones, newest last, each with the length of its whole answer in tokens.
 */
export function simulatorRoute(baseURL: string): RequestHandler {
  return async (req, res) => {
    const limit = Number(req.query['limit'])
    const count = limit >= 1 ? Math.min(Math.floor(limit), MOST_REQUESTS) : MOST_REQUESTS
    const { open, produced, billed, requests } = await readStats(baseURL, count)
    res.set('Cache-Control', 'no-store').json({
      now: performance.timeOrigin + performance.now(),
      open,
      produced,
      billed,
      requests: requests.map((request) => ({ ...request, wholeAnswer: wholeAnswer(request) })),
    })
  }
}

/** Tokens of the answer had nobody stopped it; `null` where the record does not tell. */
function wholeAnswer({ prompt }: SimulatorRequest): number | null {
  return prompt.length < PROMPT_KEPT ? simulatedAnswer(prompt).length : null
}
