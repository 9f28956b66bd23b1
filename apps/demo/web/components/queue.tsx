import type { QueuedMessage } from '@sluice/react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

interface QueueProps {
  readonly queue: readonly QueuedMessage[]
  readonly onUnqueue: (id: string) => void
}

/** The questions that wait until the running answer is complete. */
export function Queue({ queue, onUnqueue }: QueueProps) {
  const { t } = useTranslation()
  if (queue.length === 0) return null
  return (
    <ul className="queue">
      {queue.map(({ id, text = '' }) => (
        <li key={id}>
          <span>{t('composer.queued', { text })}</span>
          <button
            type="button"
            className="icon"
            aria-label={t('composer.unqueue', { text })}
            onClick={() => onUnqueue(id)}
          >
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}
