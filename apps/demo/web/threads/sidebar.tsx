import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { forgetThread } from './persistence.ts'
import { deleteThread, renameThread, type ThreadSummary } from './api.ts'
import { ThreadItem } from './thread-item.tsx'
import type { ThreadList } from './use-thread-list.ts'
import './threads.css'

interface SidebarProps {
  readonly list: ThreadList
  /** The id of the conversation that is shown. */
  readonly current: string
  readonly onNew: () => void
  /** Another conversation was chosen, by its address. */
  readonly onChosen: () => void
  /** The conversation that is shown was deleted. */
  readonly onDeleted: () => void
}

export function Sidebar({ list: { threads, isLost, reload }, current, onNew, onChosen, onDeleted }: SidebarProps) {
  const { t } = useTranslation()
  const [hasFailed, setHasFailed] = useState(false)

  async function change(work: Promise<void>): Promise<boolean> {
    const isDone = await work.then(
      () => true,
      () => false,
    )
    setHasFailed(!isDone)
    reload()
    return isDone
  }

  async function remove({ id }: ThreadSummary): Promise<void> {
    if (!(await change(deleteThread(id)))) return
    forgetThread(id)
    if (id === current) onDeleted()
  }

  return (
    <nav className="threads" aria-label={t('threads.label')}>
      <button type="button" className="quiet new" onClick={onNew}>
        {t('threads.new')}
      </button>
      {threads.length === 0 && !isLost && <p className="verdict">{t('threads.none')}</p>}
      {(isLost || hasFailed) && (
        <p className="verdict" role="alert">
          {t(isLost ? 'threads.failed' : 'threads.unchanged')}
        </p>
      )}
      <ul>
        {threads.map((thread) => (
          <ThreadItem
            key={thread.id}
            thread={thread}
            isCurrent={thread.id === current}
            onChosen={onChosen}
            onRename={(title) => void change(renameThread(thread.id, title))}
            onDelete={() => void remove(thread)}
          />
        ))}
      </ul>
    </nav>
  )
}
