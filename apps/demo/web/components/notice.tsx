import type { ChatStreamError } from '@sluice/react'
import { useTranslation } from 'react-i18next'
import { errorSentence } from '../error-sentence.ts'

interface NoticeProps {
  readonly error: ChatStreamError
  readonly onClose: () => void
}

/** An error that belongs to no message. */
export function Notice({ error, onClose }: NoticeProps) {
  const { t } = useTranslation()
  return (
    <div className="notice" role="alert">
      <p>{errorSentence(error, t)}</p>
      <button type="button" className="quiet" onClick={onClose}>
        {t('conversation.close')}
      </button>
    </div>
  )
}
