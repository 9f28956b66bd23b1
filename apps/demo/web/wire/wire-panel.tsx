import type { MessageOutcome, RunState } from '@sluice/react'
import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { Facts } from './facts.tsx'
import { Meter } from './meter.tsx'
import { OutcomeFacts } from './outcome-facts.tsx'
import { RatePlot } from './rate-plot.tsx'
import { RawEvents } from './raw-events.tsx'
import { StateGraph } from './state-graph.tsx'
import type { Wire } from './wire.ts'
import { tokensPerSecond } from './wire-record.ts'
import './wire.css'

interface WirePanelProps {
  readonly wire: Wire
  /** The newest one. */
  readonly question: string | undefined
  readonly runState: RunState | null
  /** Epoch ms of the click on Stop; `null` if this page did not stop the newest answer. */
  readonly stoppedAt: number | null
  /** Whether the provider is the simulator, whose books are open. */
  readonly hasBooks: boolean
  readonly provider: string
  /** Of the newest answer; `null` while there is none. */
  readonly outcome: MessageOutcome | null
}

/** What stands behind the conversation: the run's state, what the provider saw, and what came over the wire. */
export function WirePanel({ wire, question, runState, stoppedAt, hasBooks, provider, outcome }: WirePanelProps) {
  const { t } = useTranslation()
  const record = useSyncExternalStore(wire.subscribe, wire.getRecord)
  const rate = record === null ? null : tokensPerSecond(record)
  const wait = record?.isOurs !== true || record.firstTokenAt === null ? null : record.firstTokenAt - record.askedAt
  return (
    <div className="wire">
      <section aria-labelledby="state-title">
        <h2 id="state-title">{t('wire.state')}</h2>
        <StateGraph state={runState} />
      </section>
      {hasBooks ? (
        <Meter completion={record?.completion ?? null} question={question} runState={runState} stoppedAt={stoppedAt} />
      ) : (
        <OutcomeFacts provider={provider} runState={runState} outcome={outcome} />
      )}
      <section aria-labelledby="pace-title">
        <h2 id="pace-title">{t('wire.pace.title')}</h2>
        <Facts
          facts={[
            [t('wire.pace.first'), wait === null ? '–' : `${wait} ms`],
            [t('wire.pace.rate'), rate === null ? '–' : rate.toFixed(1)],
            [t('wire.pace.connections'), record === null ? '–' : `${record.connections}`],
          ]}
        />
        <RatePlot spans={record?.spans ?? []} />
      </section>
      <section aria-labelledby="events-title">
        <h2 id="events-title">{t('wire.events.title', { total: record?.eventCount ?? 0 })}</h2>
        <RawEvents record={record} />
      </section>
    </div>
  )
}
