import type { ChatStreamError, ChatStreamErrorCode } from '@sluice/react'

const AGAIN = 'Send your message again.'

/** What a reader can do about it. */
const ADVICE: Readonly<Record<ChatStreamErrorCode, string>> = {
  network: 'Send your message again once it can be reached.',
  timeout: AGAIN,
  http: 'Wait a moment, then send your message again.',
  unauthorized: 'Check the API key that the demo was started with.',
  rate_limited: 'Wait a moment, then send your message again.',
  invalid_request: 'Change the message, or start a new chat.',
  not_found: 'Check the address and the model that the demo was started with.',
  protocol: 'Check that the demo was started with the address of an OpenAI-compatible API.',
  truncated: 'Send your message again for the whole answer.',
  provider: AGAIN,
  limit: 'Ask for a shorter answer.',
  run_cancelled: AGAIN,
  run_conflict: AGAIN,
  resume_gap: 'Reload the page.',
  producer_lost: AGAIN,
  server_shutdown: 'Send your message again once the server is back.',
}

/** What happened, and what to do. */
export function errorSentence({ code, message, retryAfterMs }: ChatStreamError): string {
  if (code !== 'rate_limited' || retryAfterMs === undefined) return `${message} ${ADVICE[code]}`
  return `${message} Wait ${Math.ceil(retryAfterMs / 1000)} s, then send your message again.`
}
