import type { OpenAIError } from './wire.ts'

/**
 * Not a secret: a made-up key that the error bodies of `unauthorized`, `server-error` and `error` carry, so that a test can
 * search logs, pages and responses for it and prove that nothing leaks.
 */
export const SIMULATED_SECRET = 'sk-simulated-4f1d9c7e2b8a40'

/** What happens in the middle of an answer. All but `malformed` end it. */
export type Fault = 'stall' | 'cut' | 'malformed' | 'error'

/** How a complete answer ends: as OpenAI does, without `[DONE]`, or without `finish_reason` and `[DONE]`. */
export type Ending = 'done' | 'no-done' | 'truncated'

/** What the simulator does with one request. */
export type Scenario =
  | {
      /** Answers with an error before any token. */
      readonly kind: 'refuse'
      readonly summary: string
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly error: OpenAIError
    }
  | {
      /** Generates the answer, perhaps more slowly, with at most one fault after half of its tokens. */
      readonly kind: 'answer'
      readonly summary: string
      /** Divides the rate and multiplies the time to the first token. */
      readonly slowdown: number
      readonly fault: Fault | null
      readonly ending: Ending
    }

export type ScenarioName =
  | 'normal'
  | 'slow'
  | 'stall'
  | 'cut'
  | 'malformed'
  | 'error'
  | 'rate-limit'
  | 'no-done'
  | 'truncated'
  | 'unauthorized'
  | 'server-error'

const ANSWER = { kind: 'answer', slowdown: 1, fault: null, ending: 'done' } as const
const REFUSE = { kind: 'refuse', headers: {} } as const

/** THE table: every scenario is data, and what the code can do with it is in the type `Scenario`. */
export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  normal: { ...ANSWER, summary: 'a complete answer at the set pace' },
  slow: { ...ANSWER, summary: 'a complete answer at a tenth of the set pace', slowdown: 10 },
  stall: { ...ANSWER, summary: 'falls silent after half of the answer and keeps the socket open', fault: 'stall' },
  cut: { ...ANSWER, summary: 'destroys the socket after half of the answer', fault: 'cut' },
  malformed: {
    ...ANSWER,
    summary: 'sends one event of broken JSON after half of the answer, then goes on',
    fault: 'malformed',
  },
  error: { ...ANSWER, summary: 'sends an error event after half of the answer and ends', fault: 'error' },
  'no-done': { ...ANSWER, summary: 'ends after finish_reason (and usage), without [DONE]', ending: 'no-done' },
  truncated: { ...ANSWER, summary: 'ends after the last token, without finish_reason and [DONE]', ending: 'truncated' },
  'rate-limit': {
    ...REFUSE,
    summary: '429 with Retry-After: 1',
    status: 429,
    headers: { 'Retry-After': '1' },
    error: {
      message: 'Rate limit reached for requests. Please try again in 1s.',
      type: 'requests',
      param: null,
      code: 'rate_limit_exceeded',
    },
  },
  unauthorized: {
    ...REFUSE,
    summary: '401 whose body holds a made-up secret',
    status: 401,
    error: {
      message: `Incorrect API key provided: ${SIMULATED_SECRET}.`,
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_api_key',
    },
  },
  'server-error': {
    ...REFUSE,
    summary: '500 whose body holds a made-up secret',
    status: 500,
    error: {
      message: `The model backend refused "Authorization: Bearer ${SIMULATED_SECRET}".`,
      type: 'server_error',
      param: null,
      code: 'internal_error',
    },
  },
}

/** What the fault `error` tells in band. */
export const IN_BAND_ERROR: OpenAIError = {
  message: `The model backend went away while it served ${SIMULATED_SECRET}.`,
  type: 'server_error',
  param: null,
  code: 'backend_lost',
}

export const SCENARIO_NAMES: readonly ScenarioName[] = Object.keys(SCENARIOS).filter(isScenarioName)

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name)
}
