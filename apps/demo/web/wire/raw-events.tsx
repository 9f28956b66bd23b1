import { useTranslation } from 'react-i18next'
import type { WireRecord } from './wire-record.ts'

/** Longer events are shown by their beginning, in UTF-16 code units. */
const SHOWN = 240

/** How many of the newest events are shown. */
const LINES = 30

/** The events as they came, the newest first. */
export function RawEvents({ record }: { readonly record: WireRecord | null }) {
  const { t } = useTranslation()
  if (record === null || record.events.length === 0) return <p className="verdict">{t('wire.events.none')}</p>
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and a keyboard scrolls what has the focus
    <ol className="events" tabIndex={0} aria-label={t('wire.events.label')}>
      {record.events
        .slice(-LINES)
        .toReversed()
        .map(({ id, data, at }) => (
          <li key={`${id} ${at}`}>
            <span className="event-id">{id === '' ? '–' : id}</span>
            <span className="event-at">{(at / 1000).toFixed(2)} s</span>
            <code>{data.length > SHOWN ? `${data.slice(0, SHOWN)}…` : data}</code>
          </li>
        ))}
    </ol>
  )
}
