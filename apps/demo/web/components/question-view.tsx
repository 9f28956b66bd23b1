import type { QuestionMessage } from '@sluice/react'
import { useState, type KeyboardEvent, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { BranchSwitch } from './branch-switch.tsx'
import { CopyButton } from './copy-button.tsx'
import type { MessageActions } from './message-view.tsx'

interface QuestionViewProps {
  readonly message: QuestionMessage
  readonly branches: readonly string[]
  readonly actions: MessageActions
}

export function QuestionView({ message, branches, actions }: QuestionViewProps) {
  const { t } = useTranslation()
  const [isEditing, setIsEditing] = useState(false)
  if (isEditing) {
    return (
      <article className="message user editing" aria-label={t('conversation.you')}>
        <EditForm
          text={message.text}
          onSave={(text) => {
            setIsEditing(false)
            actions.edit(message.id, text)
          }}
          onCancel={() => setIsEditing(false)}
        />
      </article>
    )
  }
  return (
    <article className="message user" aria-label={t('conversation.you')}>
      {message.parts.map((part) =>
        part.type === 'file' ? (
          <img key={part.url} className="picture" src={part.url} alt={part.name ?? t('message.picture')} />
        ) : null,
      )}
      {message.text !== '' && <div className="text">{message.text}</div>}
      <div className="tools">
        <BranchSwitch branches={branches} current={message.id} onSelect={actions.selectBranch} />
        <CopyButton text={() => message.text} />
        <button type="button" className="plain" onClick={() => setIsEditing(true)}>
          {t('message.edit')}
        </button>
      </div>
    </article>
  )
}

interface EditFormProps {
  readonly text: string
  readonly onSave: (text: string) => void
  readonly onCancel: () => void
}

function EditForm({ text, onSave, onCancel }: EditFormProps) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(text)

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    if (draft.trim() !== '') onSave(draft)
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') onCancel()
    if (event.key !== 'Enter' || event.shiftKey) return
    event.preventDefault()
    if (draft.trim() !== '') onSave(draft)
  }

  return (
    <form className="edit" onSubmit={onSubmit}>
      <textarea
        aria-label={t('message.editing')}
        value={draft}
        ref={focusAtEnd}
        onChange={({ target }) => setDraft(target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="buttons">
        <button type="button" className="quiet" onClick={onCancel}>
          {t('message.cancel')}
        </button>
        <button type="submit" className="send" disabled={draft.trim() === ''}>
          {t('message.save')}
        </button>
      </div>
    </form>
  )
}

function focusAtEnd(box: HTMLTextAreaElement | null): void {
  if (box === null || box === document.activeElement) return
  box.focus()
  box.setSelectionRange(box.value.length, box.value.length)
}
