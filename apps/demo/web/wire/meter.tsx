import type { RunState } from '@sluice/react'
import type { SimulatorReading } from '../simulator-reading.ts'
import { useSimulator } from '../use-simulator.ts'
import { Facts } from './facts.tsx'

interface MeterProps {
  /** The newest question. */
  readonly question: string | undefined
  readonly runState: RunState | null
  /** Epoch ms of the click on Stop; `null` if this page did not stop the newest answer. */
  readonly stoppedAt: number | null
}

/** The simulator's own books: counted at the model's end of the wire, not by the page. */
export function Meter({ question, runState, stoppedAt }: MeterProps) {
  const isLive = runState === 'submitted' || runState === 'streaming' || runState === 'reconnecting'
  const reading = useSimulator(question, isLive || runState === 'cancelling')
  const record = reading?.record
  return (
    <aside className="meter" aria-labelledby="meter-title" data-seen={record?.outcome ?? 'nothing'}>
      <h2 id="meter-title">What the provider saw</h2>
      <Gauge produced={record?.produced ?? 0} whole={record?.wholeAnswer ?? null} />
      <Facts
        facts={[
          ['Run', runState ?? 'not started'],
          ['Tokens produced', count(record?.produced)],
          ['Tokens “billed”', count(record?.billed)],
          ['Connection', reading === null ? '–' : connection(reading, stoppedAt)],
          ['Tokens after hang-up', count(record?.afterHangup)],
        ]}
      />
      <p className="verdict">{verdict(reading)}</p>
    </aside>
  )
}

function Gauge({ produced, whole }: { readonly produced: number; readonly whole: number | null }) {
  const share = whole === null || whole === 0 ? 0 : Math.min(1, produced / whole)
  const label = whole === null ? `${count(produced)} tokens` : `${count(produced)} of ${count(whole)} tokens`
  return (
    <div className="gauge" role="img" aria-label={`Generated: ${label}`}>
      <p className="figure">
        <strong>{count(produced)}</strong> {whole === null ? 'tokens' : `of ${count(whole)} tokens`}
      </p>
      <div className="channel">
        <div className="flow" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  )
}

function connection({ record, clockAhead }: SimulatorReading, stoppedAt: number | null): string {
  switch (record.outcome) {
    case 'open':
      return record.closedAt === null ? 'open' : 'closed'
    case 'finished':
      return 'finished'
    case 'failed':
      return 'broke off'
    case 'hung-up':
      if (stoppedAt === null) return 'closed early'
      return `closed ${Math.max(0, Math.round(record.closedAt === null ? 0 : record.closedAt - clockAhead - stoppedAt))} ms after Stop`
  }
}

function verdict(reading: SimulatorReading | null): string {
  if (reading === null)
    return 'These numbers come from the model’s end of the wire. It bills each token that it generates.'
  const { outcome, produced, billed, wholeAnswer } = reading.record
  if (outcome === 'open') return 'Each token is billed as it is generated, until the connection closes.'
  if (outcome === 'finished') return `The whole answer was generated: ${count(billed)} tokens on the bill.`
  if (wholeAnswer === null || wholeAnswer <= produced) return `${count(billed)} tokens are on the bill.`
  const spared = wholeAnswer - produced
  const percent = Math.floor((spared / wholeAnswer) * 100)
  return `Unstopped, this answer would have cost ${count(wholeAnswer)} tokens. ${count(spared)} of them, ${percent} %, were never generated and never billed.`
}

function count(tokens: number | undefined): string {
  return tokens === undefined ? '–' : tokens.toLocaleString('en')
}
