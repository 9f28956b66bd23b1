import type { RunState } from '@sluice/react'
import { useTranslation } from 'react-i18next'
import { Facts } from './facts.tsx'
import type { SimulatorReading } from './simulator-reading.ts'
import { useSimulator } from './use-simulator.ts'

interface MeterProps {
  /** The provider's id of the newest answer; `null` before its first chunk. */
  readonly completion: string | null
  /** By which the books are searched while that is not known, as after a reload. */
  readonly question: string | undefined
  readonly runState: RunState | null
  /** Epoch ms of the click on Stop; `null` if this page did not stop the newest answer. */
  readonly stoppedAt: number | null
}

/** US dollars for a million tokens of an answer, about what a large model costs. */
const PRICE = 10

/** The simulator's own books: counted at the model's end of the wire, not by the page. */
export function Meter({ completion, question, runState, stoppedAt }: MeterProps) {
  const { t, i18n } = useTranslation()
  const isLive = runState === 'submitted' || runState === 'streaming' || runState === 'reconnecting'
  const reading = useSimulator({ completion, question }, isLive || runState === 'cancelling')
  const record = reading?.record
  const count = (tokens: number | undefined): string => tokens?.toLocaleString(i18n.language) ?? '–'
  const whole = record?.wholeAnswer ?? null
  const spared = record?.outcome !== 'hung-up' || whole === null ? 0 : Math.max(0, whole - record.produced)
  return (
    <section className="meter" aria-labelledby="meter-title" data-seen={record?.outcome ?? 'nothing'}>
      <h2 id="meter-title">{t('wire.meter.title')}</h2>
      <Gauge produced={record?.produced ?? 0} whole={whole} />
      <Facts
        facts={[
          [t('wire.meter.run'), runState ?? t('wire.meter.none')],
          [t('wire.meter.produced'), count(record?.produced)],
          [t('wire.meter.billed'), count(record?.billed)],
          [t('wire.meter.connection'), reading === null ? '–' : connection(reading, stoppedAt, t)],
          [t('wire.meter.after'), count(record?.afterHangup)],
          [
            t('wire.meter.saved'),
            spared > 0 ? t('wire.meter.spared', { tokens: count(spared), money: money(spared) }) : '–',
          ],
        ]}
      />
      <p className="verdict">
        {t(`wire.verdict.${verdict(record, spared, { isLive, isStopped: stoppedAt !== null })}`, {
          billed: count(record?.billed),
          price: PRICE,
        })}
      </p>
    </section>
  )
}

function Gauge({ produced, whole }: { readonly produced: number; readonly whole: number | null }) {
  const { t, i18n } = useTranslation()
  const share = whole === null || whole === 0 ? 0 : Math.min(1, produced / whole)
  const figures = {
    produced: produced.toLocaleString(i18n.language),
    whole: (whole ?? 0).toLocaleString(i18n.language),
  }
  const rest = whole === null ? t('wire.gauge.tokens') : t('wire.gauge.of', figures)
  return (
    <div className="gauge" role="img" aria-label={t('wire.gauge.label', { produced: figures.produced, rest })}>
      <p className="figure">
        <strong>{figures.produced}</strong> {rest}
      </p>
      <div className="channel">
        <div className="flow" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

type Translate = ReturnType<typeof useTranslation>['t']

function connection({ record, clockAhead }: SimulatorReading, stoppedAt: number | null, t: Translate): string {
  if (record.outcome !== 'hung-up') return t(`wire.connection.${record.closedAt === null ? record.outcome : 'closed'}`)
  if (stoppedAt === null || record.closedAt === null) return t('wire.connection.early')
  return t('wire.connection.stopped', { ms: Math.max(0, Math.round(record.closedAt - clockAhead - stoppedAt)) })
}

interface PageSide {
  readonly isLive: boolean
  readonly isStopped: boolean
}

/** A run that the page has left while the model writes on is what this panel is there to show. */
function verdict(record: SimulatorReading['record'] | undefined, spared: number, { isLive, isStopped }: PageSide) {
  if (record === undefined) return 'idle'
  if (record.outcome === 'open') return isLive ? 'open' : 'runaway'
  if (record.outcome === 'finished') return isStopped ? 'wasted' : 'finished'
  return spared > 0 ? 'spared' : 'ended'
}

function money(tokens: number): string {
  return `$${((tokens * PRICE) / 1e6).toFixed(4)}`
}
