import type { ChatMessage, UseChatStream } from '@sluice/react'
import { useStickToBottom } from '../use-stick-to-bottom.ts'
import { MessageView, type Motion } from './message-view.tsx'
import { Notice } from './notice.tsx'
import { Welcome } from './welcome.tsx'

interface ConversationProps {
  readonly chat: UseChatStream
  readonly isRunning: boolean
  readonly onStarter: (text: string) => void
}

export function Conversation({ chat, isRunning, onStarter }: ConversationProps) {
  const { messages, runState, error, clearError } = chat
  const { scroller, content, isAway, onScroll, jump } = useStickToBottom(messages.length)
  const motion: Motion = runState === 'cancelling' ? 'stopping' : isRunning ? 'growing' : null
  const isTold = messages.some(
    ({ role, ...rest }) => role === 'assistant' && 'outcome' in rest && holds(rest.outcome, error),
  )
  return (
    <section className="conversation">
      <div className="scroller" ref={scroller} onScroll={onScroll} tabIndex={messages.length === 0 ? -1 : 0}>
        {messages.length === 0 && <Welcome onStarter={onStarter} />}
        <div className="log" ref={content} role="log" aria-label="Conversation" aria-busy={isRunning}>
          {messages.map((message) => (
            <MessageView key={message.id} message={message} motion={hasEnded(message) ? null : motion} />
          ))}
        </div>
      </div>
      {isAway && (
        <button type="button" className="jump" onClick={jump}>
          Jump to the newest
        </button>
      )}
      {error !== null && !isTold && <Notice error={error} onClose={clearError} />}
    </section>
  )
}

function hasEnded(message: ChatMessage): boolean {
  return message.role !== 'assistant' || message.outcome !== null
}

function holds(outcome: object | null, error: Error | null): boolean {
  return outcome !== null && 'error' in outcome && outcome.error === error
}
