import type { ScenarioName } from './scenarios.ts'

/** The newest requests that `stats.requests` keeps. Older ones leave the list, never the totals. */
const REQUESTS_KEPT = 1000

/** The newest token times that a request keeps. */
const TOKEN_TIMES_KEPT = 2000

/** The longest text in a request's record, in UTF-16 code units. */
const TEXT_KEPT = 200

interface RequestFacts {
  /** The completion's id, as in its chunks: `chatcmpl-…`. */
  readonly id: string
  /** At most 200 UTF-16 code units of it. */
  readonly model: string
  /** The text of the last user message, at most 200 UTF-16 code units of it. */
  readonly prompt: string
  readonly scenario: ScenarioName
  /** Epoch ms, with a fraction, when the whole request had arrived. */
  readonly startedAt: number
  /** Tokens generated, `afterHangup` among them. While the client is there, a token counts when it is written. */
  readonly produced: number
  /** Tokens generated after the client's socket had closed. 0 unless `stopsOnHangup` is false. */
  readonly afterHangup: number
  /** Output tokens a provider would put on the bill: every token generated, whether or not anybody received it. */
  readonly billed: number
  /** Epoch ms, with a fraction, of the newest 2,000 tokens, oldest first. */
  readonly tokenTimes: readonly number[]
}

/** One chat completion. Plain values, as they were when `stats.requests` was read. */
export type SimulatorRequest = RequestFacts &
  (
    | {
        /** Still generating, or its last bytes are still on their way. `closedAt` is set if nobody is listening any more. */
        readonly outcome: 'open'
        readonly endedAt: null
        readonly closedAt: number | null
      }
    | {
        /** Answered in full and handed to the client's socket. */
        readonly outcome: 'finished'
        readonly endedAt: number
        readonly closedAt: null
      }
    | {
        /** The client closed its socket before the end. */
        readonly outcome: 'hung-up'
        /** Epoch ms when generating ended: at the hang-up, or later if `stopsOnHangup` is false. */
        readonly endedAt: number
        /** Epoch ms, with a fraction, when the client's socket closed. */
        readonly closedAt: number
      }
    | {
        /** Refused or broken off by the scenario, by an `answer` that threw, or by `close()`. */
        readonly outcome: 'failed'
        readonly endedAt: number
        readonly closedAt: null
      }
  )

/**
 * The books. The object is live: every property is current whenever it is read. `{ ...stats }` makes a copy that stays.
 * Only well-formed and authorized chat completions are in it; a 400, a wrong key or a wrong path is not.
 */
export interface SimulatorStats {
  /** Requests whose outcome is `open`. */
  readonly open: number
  /** Tokens generated since the start, over all requests. */
  readonly produced: number
  /** Output tokens on the bill since the start, over all requests. */
  readonly billed: number
  /** The newest 1,000 requests, newest last. */
  readonly requests: readonly SimulatorRequest[]
}

/** The pen for one request's record. */
export interface Recording {
  readonly produced: number
  token(): void
  /** Notes the instant at which the client's socket closed. The first call counts. */
  hangup(): void
  /** Ends the record; a noted hang-up makes its outcome `hung-up`, whatever `outcome` says. The first call counts. */
  end(outcome: 'finished' | 'failed'): void
}

export interface Meter {
  readonly stats: SimulatorStats
  begin(request: Pick<RequestFacts, 'id' | 'model' | 'prompt' | 'scenario'>): Recording
}

interface Entry {
  snapshot(): SimulatorRequest
}

/** `onRequest` sees each record twice, when it begins and when it has ended, outside of the meter's own call stack. */
export function createMeter(now: () => number, onRequest?: (request: SimulatorRequest) => void): Meter {
  const totals = { open: 0, produced: 0, billed: 0 }
  const entries: Entry[] = []

  const announce = (entry: Entry): void => {
    if (onRequest === undefined) return
    const request = entry.snapshot()
    queueMicrotask(() => onRequest(request))
  }

  return {
    stats: {
      get open() {
        return totals.open
      },
      get produced() {
        return totals.produced
      },
      get billed() {
        return totals.billed
      },
      get requests() {
        return entries.map((entry) => entry.snapshot())
      },
    },
    begin(request) {
      const recording = record(request, now, totals, announce)
      entries.push(recording)
      if (entries.length > REQUESTS_KEPT) entries.shift()
      announce(recording)
      return recording
    },
  }
}

function record(
  { id, model, prompt, scenario }: Pick<RequestFacts, 'id' | 'model' | 'prompt' | 'scenario'>,
  now: () => number,
  totals: { open: number; produced: number; billed: number },
  announce: (entry: Entry) => void,
): Recording & Entry {
  const startedAt = now()
  const tokenTimes: number[] = []
  let produced = 0
  let afterHangup = 0
  let closedAt: number | null = null
  let ended: SimulatorRequest | undefined
  totals.open += 1

  const facts = (): RequestFacts => ({
    id,
    model: shorten(model),
    prompt: shorten(prompt),
    scenario,
    startedAt,
    produced,
    afterHangup,
    billed: produced,
    tokenTimes: tokenTimes.slice(-TOKEN_TIMES_KEPT),
  })

  const recording: Recording & Entry = {
    get produced() {
      return produced
    },
    token() {
      produced += 1
      totals.produced += 1
      totals.billed += 1
      if (closedAt !== null) afterHangup += 1
      tokenTimes.push(now())
      if (tokenTimes.length >= 2 * TOKEN_TIMES_KEPT) tokenTimes.splice(0, TOKEN_TIMES_KEPT)
    },
    hangup() {
      if (ended === undefined) closedAt ??= now()
    },
    end(outcome) {
      if (ended !== undefined) return
      totals.open -= 1
      const endedAt = now()
      ended =
        closedAt === null
          ? { ...facts(), outcome, endedAt, closedAt }
          : { ...facts(), outcome: 'hung-up', endedAt, closedAt }
      tokenTimes.length = 0
      announce(recording)
    },
    snapshot: () => ended ?? { ...facts(), outcome: 'open', endedAt: null, closedAt },
  }
  return recording
}

/** Cuts without leaving half of a surrogate pair. */
function shorten(text: string): string {
  return text.length <= TEXT_KEPT ? text : text.slice(0, TEXT_KEPT).replace(/[\uD800-\uDBFF]$/u, '')
}
