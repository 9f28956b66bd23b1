import type { AnswerMessage, ChatMessage, MessageOutcome } from '@sluice/react'
import { memo } from 'react'
import { errorSentence } from '../error-sentence.ts'

interface MessageViewProps {
  readonly message: ChatMessage
  /** What goes on with an answer that has no outcome yet; `null` for every other message. */
  readonly motion: Motion
}

export type Motion = 'growing' | 'stopping' | null

/** One message. A finished one is the same object for good, so React never looks into it again. */
export const MessageView = memo(function MessageView({ message, motion }: MessageViewProps) {
  if (message.role !== 'assistant') {
    return (
      <article className="message user" aria-label="You">
        <div className="text">{message.text}</div>
      </article>
    )
  }
  return (
    <article className="message assistant" aria-label="Answer" data-live={motion === 'growing' || undefined}>
      <div className="text">{message.text}</div>
      <Mark message={message} motion={motion} />
    </article>
  )
})

function Mark({ message: { outcome }, motion }: { readonly message: AnswerMessage; readonly motion: Motion }) {
  // The text is frozen from the instant of the click, so the mark is there from then on, not from the confirmation on.
  if (outcome === null) return motion === 'stopping' ? <p className="mark">Stopped</p> : null
  const sentence = markOf(outcome)
  if (sentence === null) return null
  return <p className={'error' in outcome ? 'mark broken' : 'mark'}>{sentence}</p>
}

function markOf(outcome: MessageOutcome): string | null {
  switch (outcome.status) {
    case 'cancelled':
      return outcome.cancellation.requestedBy === 'user' ? 'Stopped' : 'Stopped, because nobody was watching'
    case 'completed':
      return outcome.finishReason === 'length' ? 'The answer reached its length limit.' : null
    case 'incomplete':
    case 'failed':
      return 'error' in outcome ? errorSentence(outcome.error) : null
  }
}
