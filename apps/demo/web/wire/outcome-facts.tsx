import type { MessageOutcome, RunState } from '@sluice/react'
import { Facts } from './facts.tsx'

interface OutcomeFactsProps {
  readonly provider: string
  readonly runState: RunState | null
  /** Of the newest answer; `null` while there is none. */
  readonly outcome: MessageOutcome | null
}

/** A real provider's books are its own. This is what Sluice could find out about it. */
export function OutcomeFacts({ provider, runState, outcome }: OutcomeFactsProps) {
  const cancellation = outcome?.status === 'cancelled' ? outcome.cancellation : null
  const usage = outcome?.usage
  return (
    <aside className="meter" aria-labelledby="meter-title">
      <h2 id="meter-title">What the provider saw</h2>
      <Facts
        facts={[
          ['Run', runState ?? 'not started'],
          ['Tokens in', usage?.inputTokens?.toLocaleString('en') ?? '–'],
          ['Tokens out', usage?.outputTokens?.toLocaleString('en') ?? '–'],
          ['Counted by', usage === undefined || usage.source === 'unknown' ? '–' : COUNTED_BY[usage.source]],
          ['Connection', cancellation === null ? '–' : connection(cancellation)],
          ['Billing', cancellation?.billing ?? '–'],
        ]}
      />
      <p className="verdict">{provider} keeps its own books; this is what Sluice knows about them.</p>
    </aside>
  )
}

const COUNTED_BY = { provider: 'the provider', estimated: 'an estimate' }

function connection({ upstream, closedAfterMs }: { readonly upstream: string; readonly closedAfterMs: number | null }) {
  return closedAfterMs === null ? upstream : `${upstream} after ${Math.round(closedAfterMs)} ms`
}
