import type { RetryAfter } from './scenario.ts'
import type { OpenAIError } from './wire.ts'

/**
 * Not a secret: a made-up key that the simulated errors carry, so that a test can search logs, pages and responses for it
 * and prove that nothing leaks.
 */
export const SIMULATED_SECRET = 'sk-simulated-4f1d9c7e2b8a40'

export const RATE_ERROR: OpenAIError = {
  message: 'Rate limit reached for requests. Please try again in 1s.',
  type: 'requests',
  param: null,
  code: 'rate_limit_exceeded',
}

export const KEY_ERROR: OpenAIError = {
  message: `Incorrect API key provided: ${SIMULATED_SECRET}.`,
  type: 'invalid_request_error',
  param: null,
  code: 'invalid_api_key',
}

export const BACKEND_ERROR: OpenAIError = {
  message: `The model backend refused "Authorization: Bearer ${SIMULATED_SECRET}".`,
  type: 'server_error',
  param: null,
  code: 'internal_error',
}

/** What the fault `error` tells in band. */
export const IN_BAND_ERROR: OpenAIError = {
  message: `The model backend went away while it served ${SIMULATED_SECRET}.`,
  type: 'server_error',
  param: null,
  code: 'backend_lost',
}

/** The header of a refusal that says when to come again: in a second, or at a date, which has whole seconds only. */
export function retryAfterHeader(form: RetryAfter | null, now: number): Readonly<Record<string, string>> {
  switch (form) {
    case null:
      return {}
    case 'seconds':
      return { 'Retry-After': '1' }
    case 'date':
      return { 'Retry-After': new Date(Math.ceil(now / 1000) * 1000 + 1000).toUTCString() }
  }
}
