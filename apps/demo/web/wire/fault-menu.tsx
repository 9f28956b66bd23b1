import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Wire } from './wire.ts'

/** The simulator's scenarios that a visitor can choose, as its own table names them. */
export const FAULTS = ['slow', 'stall', 'cut', 'malformed', 'error', 'rate-limit', 'no-done'] as const

export type Fault = (typeof FAULTS)[number]

interface FaultMenuProps {
  readonly wire: Wire
  readonly fault: Fault | null
  readonly onFault: (fault: Fault | null) => void
  /** Whether Stop only makes the page stop reading, as most chats do. */
  readonly isNaive: boolean
  readonly onNaive: (isNaive: boolean) => void
  /** Whether an answer is on its way: how it is stopped was chosen when it was asked for. */
  readonly isRunning: boolean
  readonly hasBooks: boolean
}

/** What a visitor can do to the wire, to see the chat bear it. */
export function FaultMenu({ wire, fault, onFault, isNaive, onNaive, isRunning, hasBooks }: FaultMenuProps) {
  const { t } = useTranslation()
  const isOffline = useSyncExternalStore(wire.subscribe, wire.isOffline)
  return (
    <section className="faults" aria-labelledby="faults-title">
      <h2 id="faults-title">{t('wire.faults.title')}</h2>
      {hasBooks && (
        <label className="field">
          {t('wire.faults.next')}
          <select
            value={fault ?? ''}
            onChange={({ target }) => onFault(FAULTS.find((f) => f === target.value) ?? null)}
          >
            <option value="">{t('wire.faults.none')}</option>
            {FAULTS.map((each) => (
              <option key={each} value={each}>
                {t(`wire.faults.names.${each}`)}
              </option>
            ))}
          </select>
        </label>
      )}
      <div className="buttons">
        <button type="button" className="quiet" onClick={wire.drop}>
          {t('wire.faults.drop')}
        </button>
        <button type="button" className="quiet" aria-pressed={isOffline} onClick={() => wire.setOffline(!isOffline)}>
          {t(isOffline ? 'wire.faults.online' : 'wire.faults.offline')}
        </button>
      </div>
      <label className="switch">
        <input
          type="checkbox"
          role="switch"
          checked={isNaive}
          disabled={isRunning}
          onChange={({ target }) => onNaive(target.checked)}
        />
        {t('wire.faults.naive')}
      </label>
      {isNaive && <p className="verdict">{t('wire.faults.naiveText')}</p>}
    </section>
  )
}
