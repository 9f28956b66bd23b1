import type { ChatStreamError } from '@sluice/react'

interface NoticeProps {
  readonly error: ChatStreamError
  readonly onClose: () => void
}

/** An error that belongs to no message. */
export function Notice({ error, onClose }: NoticeProps) {
  return (
    <div className="notice" role="alert">
      <p>{error.message}</p>
      <button type="button" className="quiet" onClick={onClose}>
        Close
      </button>
    </div>
  )
}
