import type { FilePart, QueuedMessage } from '@sluice/react'
import {
  useState,
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  type SubmitEvent,
} from 'react'
import { Trans, useTranslation } from 'react-i18next'
import { useEscape } from '../use-escape.ts'
import { ACCEPT, attach, MAX_MIB, type Attached } from './attachments.ts'
import { Icon } from './icon.tsx'
import { Queue } from './queue.tsx'

export interface Draft {
  readonly text: string
  readonly files: readonly FilePart[]
}

interface ComposerProps {
  readonly textbox: RefObject<HTMLTextAreaElement | null>
  readonly draft: Draft
  readonly isRunning: boolean
  readonly queue: readonly QueuedMessage[]
  readonly onDraft: (draft: Draft) => void
  readonly onSend: (draft: Draft) => void
  readonly onStop: () => void
  readonly onUnqueue: (id: string) => void
}

/** The longest message, in UTF-16 code units. */
const MAX_LENGTH = 200_000

export function Composer({ textbox, draft, isRunning, queue, onDraft, onSend, onStop, onUnqueue }: ComposerProps) {
  const { t } = useTranslation()
  const [refused, setRefused] = useState<Attached['refused']>(null)
  const isTooLong = draft.text.length > MAX_LENGTH
  const canSend = !isTooLong && (draft.text.trim() !== '' || draft.files.length > 0)
  useEscape(isRunning, onStop)

  async function add(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    const attached = await attach(files)
    setRefused(attached.refused)
    onDraft({ ...draft, files: [...draft.files, ...attached.files] })
    textbox.current?.focus()
  }

  function submit(): void {
    if (!canSend) return
    setRefused(null)
    onSend(draft)
  }

  function onKeyDown(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    submit()
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    submit()
  }

  function onPaste({ clipboardData }: ClipboardEvent): void {
    void add(Array.from(clipboardData.files))
  }

  function onDrop(event: DragEvent): void {
    event.preventDefault()
    void add(Array.from(event.dataTransfer.files))
  }

  return (
    <form className="composer" onSubmit={onSubmit} onDrop={onDrop} onDragOver={(event) => event.preventDefault()}>
      <Queue queue={queue} onUnqueue={onUnqueue} />
      {draft.files.length > 0 && (
        <ul className="attached">
          {draft.files.map((file) => (
            <li key={file.url}>
              <img src={file.url} alt={file.name ?? t('message.picture')} />
              <button
                type="button"
                className="icon"
                aria-label={t('composer.detach', { name: file.name ?? '' })}
                onClick={() => onDraft({ ...draft, files: draft.files.filter((other) => other !== file) })}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {refused !== null && (
        <p className="refused" role="alert">
          {t(`composer.${refused.reason}`, { name: refused.name, limit: MAX_MIB })}
        </p>
      )}
      {isTooLong && (
        <p className="refused" role="alert">
          {t('composer.tooLong', { length: draft.text.length.toLocaleString(), limit: MAX_LENGTH.toLocaleString() })}
        </p>
      )}
      <label className="hidden" htmlFor="message">
        {t('composer.label')}
      </label>
      <textarea
        id="message"
        ref={textbox}
        rows={1}
        value={draft.text}
        placeholder={t('composer.placeholder')}
        autoFocus
        autoComplete="off"
        enterKeyHint="send"
        onChange={({ target }) => onDraft({ ...draft, text: target.value })}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="actions">
        <label className="icon attach">
          <span className="hidden">{t('composer.attach')}</span>
          <Icon name="attach" />
          <input
            className="hidden"
            type="file"
            accept={ACCEPT}
            multiple
            onChange={({ target }) => {
              void add(Array.from(target.files ?? []))
              target.value = ''
            }}
          />
        </label>
        <p className="keys">
          <Trans i18nKey="composer.keys" components={{ 1: <kbd /> }} />
        </p>
        {isRunning && (
          <button type="button" className="stop" onMouseDown={keepFocus} onClick={onStop}>
            {t('composer.stop')}
          </button>
        )}
        <button type="submit" className="send" disabled={!canSend} onMouseDown={keepFocus}>
          {t('composer.send')}
        </button>
      </div>
    </form>
  )
}

/** A press of the mouse leaves the focus where it is: in the textbox. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault()
}
