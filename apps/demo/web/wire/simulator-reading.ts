/** One answer as the simulator recorded it. Times are epoch ms of its own clock. */
export interface SimulatorRecord {
  readonly id: string
  readonly prompt: string
  readonly outcome: 'open' | 'finished' | 'hung-up' | 'failed'
  readonly produced: number
  readonly billed: number
  readonly afterHangup: number
  readonly closedAt: number | null
  /** Tokens of the answer had nobody stopped it; `null` if unknown. */
  readonly wholeAnswer: number | null
}

export interface SimulatorReading {
  readonly record: SimulatorRecord
  /** How far the simulator's clock is ahead of the page's, in ms. */
  readonly clockAhead: number
}

/** Longer prompts are recorded by their beginning, in UTF-16 code units. */
const PROMPT_KEPT = 200

/** Which answer is meant: by the provider's id of it where that is known, else the newest to this question. */
export interface Wanted {
  readonly completion: string | null
  readonly question: string | undefined
}

/** The record of an answer; `null` if there is none, or nobody answered. */
export async function readSimulator(wanted: Wanted, signal: AbortSignal): Promise<SimulatorReading | null> {
  try {
    const asked = Date.now()
    const response = await fetch('/simulator', { signal })
    const books: unknown = await response.json()
    if (!isBooks(books)) return null
    const record = books.requests.findLast((request) => isWanted(request, wanted))
    return record === undefined ? null : { record, clockAhead: books.now - (asked + Date.now()) / 2 }
  } catch {
    return null
  }
}

function isWanted({ id, prompt }: SimulatorRecord, { completion, question }: Wanted): boolean {
  if (completion !== null) return id === completion
  if (question === undefined || prompt === '') return false
  return prompt.length < PROMPT_KEPT - 1 ? prompt === question : question.startsWith(prompt)
}

interface Books {
  readonly now: number
  readonly requests: readonly SimulatorRecord[]
}

function isBooks(value: unknown): value is Books {
  return typeof value === 'object' && value !== null && 'now' in value && 'requests' in value
}
