import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

interface BranchSwitchProps {
  /** Oldest first; with one, nothing is shown. */
  readonly branches: readonly string[]
  readonly current: string
  readonly onSelect: (messageId: string) => void
}

/** Goes from one version of a message to the next. */
export function BranchSwitch({ branches, current, onSelect }: BranchSwitchProps) {
  const { t } = useTranslation()
  if (branches.length < 2) return null
  const index = branches.indexOf(current)
  const [previous, next] = [branches[index - 1], branches[index + 1]]
  return (
    <span
      className="branches"
      role="group"
      aria-label={t('message.branches', { index: index + 1, count: branches.length })}
    >
      <button
        type="button"
        className="icon"
        aria-label={t('message.previous')}
        disabled={previous === undefined}
        onClick={() => previous !== undefined && onSelect(previous)}
      >
        <Icon name="left" />
      </button>
      <span aria-hidden="true">
        {index + 1}/{branches.length}
      </span>
      <button
        type="button"
        className="icon"
        aria-label={t('message.next')}
        disabled={next === undefined}
        onClick={() => next !== undefined && onSelect(next)}
      >
        <Icon name="right" />
      </button>
    </span>
  )
}
