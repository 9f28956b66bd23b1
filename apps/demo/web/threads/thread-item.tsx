import { useRef, useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../components/icon.tsx'
import type { ThreadSummary } from './api.ts'

interface ThreadItemProps {
  readonly thread: ThreadSummary
  readonly isCurrent: boolean
  readonly onChosen: () => void
  readonly onRename: (title: string) => void
  readonly onDelete: () => void
}

/** Longer titles are refused by the server, in UTF-16 code units. */
const MAX_TITLE = 80

export function ThreadItem({ thread: { id, title }, isCurrent, onChosen, onRename, onDelete }: ThreadItemProps) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState<string | null>(null)
  const dialog = useRef<HTMLDialogElement>(null)

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    if (draft !== null && draft.trim() !== '') onRename(draft.trim())
    setDraft(null)
  }

  if (draft !== null) {
    return (
      <li>
        <form className="rename" onSubmit={onSubmit} onKeyDown={({ key }) => key === 'Escape' && setDraft(null)}>
          <input
            aria-label={t('threads.title')}
            value={draft}
            maxLength={MAX_TITLE}
            ref={(input) => input?.focus()}
            onChange={({ target }) => setDraft(target.value)}
          />
          <button type="submit" className="plain">
            {t('threads.save')}
          </button>
        </form>
      </li>
    )
  }
  return (
    <li className={isCurrent ? 'thread current' : 'thread'}>
      <a href={`#${id}`} aria-current={isCurrent ? 'page' : undefined} title={title} onClick={onChosen}>
        {title}
      </a>
      <button
        type="button"
        className="icon"
        aria-label={t('threads.rename', { title })}
        onClick={() => setDraft(title)}
      >
        <Icon name="edit" />
      </button>
      <button
        type="button"
        className="icon"
        aria-label={t('threads.delete', { title })}
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="delete" />
      </button>
      <dialog ref={dialog} className="confirm" aria-label={t('threads.confirm', { title })}>
        <form method="dialog">
          <p>{t('threads.confirm', { title })}</p>
          <div className="buttons">
            <button type="submit" className="quiet">
              {t('threads.keep')}
            </button>
            <button type="submit" className="stop" onClick={onDelete}>
              {t('threads.remove')}
            </button>
          </div>
        </form>
      </dialog>
    </li>
  )
}
