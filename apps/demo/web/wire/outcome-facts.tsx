import type { MessageOutcome, RunState } from '@sluice/react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { Facts } from './facts.tsx'

type Cancellation = Extract<MessageOutcome, { status: 'cancelled' }>['cancellation']

interface OutcomeFactsProps {
  readonly provider: string
  readonly runState: RunState | null
  /** Of the newest answer; `null` while there is none. */
  readonly outcome: MessageOutcome | null
}

/** A real provider's books are its own. This is what Sluice could find out about it. */
export function OutcomeFacts({ provider, runState, outcome }: OutcomeFactsProps) {
  const { t, i18n } = useTranslation()
  const cancellation = outcome?.status === 'cancelled' ? outcome.cancellation : null
  const usage = outcome?.usage
  return (
    <section className="meter" aria-labelledby="meter-title">
      <h2 id="meter-title">{t('wire.meter.title')}</h2>
      <Facts
        facts={[
          [t('wire.meter.run'), runState ?? t('wire.meter.none')],
          [t('wire.meter.in'), usage?.inputTokens?.toLocaleString(i18n.language) ?? '–'],
          [t('wire.meter.out'), usage?.outputTokens?.toLocaleString(i18n.language) ?? '–'],
          [t('wire.meter.countedBy'), usage === undefined ? '–' : t(`wire.countedBy.${usage.source}`)],
          [t('wire.meter.connection'), cancellation === null ? '–' : connection(cancellation, t)],
          [t('wire.meter.billing'), cancellation === null ? '–' : t(`wire.billing.${cancellation.billing}`)],
        ]}
      />
      <p className="verdict">{t('wire.ownBooks', { provider })}</p>
    </section>
  )
}

function connection({ upstream, closedAfterMs }: Cancellation, t: TFunction): string {
  const words = t(`wire.upstream.${upstream}`)
  return closedAfterMs === null ? words : t('wire.after', { words, ms: Math.round(closedAfterMs) })
}
