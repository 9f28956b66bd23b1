import type { ChatStreamError, ChatStreamErrorCode } from '@sluice/react'
import type { TFunction } from 'i18next'

/** What a reader can do about it. */
const ADVICE = {
  network: 'network',
  timeout: 'again',
  http: 'later',
  unauthorized: 'unauthorized',
  rate_limited: 'later',
  invalid_request: 'change',
  not_found: 'notFound',
  protocol: 'protocol',
  truncated: 'again',
  provider: 'again',
  limit: 'shorter',
  run_cancelled: 'again',
  run_conflict: 'again',
  resume_gap: 'reload',
  producer_lost: 'again',
  server_shutdown: 'server',
} as const satisfies Readonly<Record<ChatStreamErrorCode, string>>

/** What happened, and what to do. */
export function errorSentence({ code, message, retryAfterMs }: ChatStreamError, t: TFunction): string {
  const news = t(`errors.${code}`, { message })
  if (code !== 'rate_limited' || retryAfterMs === undefined) return `${news} ${t(`advice.${ADVICE[code]}`)}`
  return `${news} ${t('advice.wait', { seconds: Math.ceil(retryAfterMs / 1000) })}`
}
