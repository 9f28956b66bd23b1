import type { ChatActions, ChatMessage } from '@sluice/react'
import { memo } from 'react'
import { AnswerView, type Motion } from './answer-view.tsx'
import { QuestionView } from './question-view.tsx'

export interface MessageActions extends Pick<ChatActions, 'selectBranch'> {
  readonly regenerate: (messageId: string) => void
  /** Asks the question in other words. */
  readonly edit: (messageId: string, text: string) => void
}

interface MessageViewProps {
  readonly message: ChatMessage
  /** The ids of the message and of its alternatives, oldest first. */
  readonly branches: readonly string[]
  /** What goes on with an answer that has no outcome yet; `null` for every other message. */
  readonly motion: Motion
  readonly actions: MessageActions
}

/** One message. A finished one is the same object for good, so React never looks into it again. */
export const MessageView = memo(
  function MessageView({ message, ...rest }: MessageViewProps) {
    if (message.role === 'assistant') return <AnswerView message={message} {...rest} />
    return <QuestionView message={message} {...rest} />
  },
  (before, after) =>
    before.message === after.message &&
    before.motion === after.motion &&
    before.actions === after.actions &&
    before.branches.join() === after.branches.join(),
)
