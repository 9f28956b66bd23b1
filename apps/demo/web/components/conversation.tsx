import type { ChatMessage, UseChatStream } from '@sluice/react'
import { useTranslation } from 'react-i18next'
import { isFreshThread } from '../threads/address.ts'
import { useStickToBottom } from '../use-stick-to-bottom.ts'
import { Announcer } from './announcer.tsx'
import { MessageView, type MessageActions } from './message-view.tsx'
import type { Motion } from './answer-view.tsx'
import { Notice } from './notice.tsx'
import { Welcome } from './welcome.tsx'

interface ConversationProps {
  readonly chat: UseChatStream
  readonly isRunning: boolean
  readonly isRestored: boolean
  readonly actions: MessageActions
  readonly onStarter: (text: string) => void
}

export function Conversation({ chat, isRunning, isRestored, actions, onStarter }: ConversationProps) {
  const { t } = useTranslation()
  const { messages, runState, error, clearError, branches } = chat
  const { scroller, content, isAway, onScroll, jump } = useStickToBottom(messages.length)
  const motion: Motion = runState === 'cancelling' ? 'stopping' : isRunning ? 'growing' : null
  const isTold = messages.some(
    ({ role, ...rest }) => role === 'assistant' && 'outcome' in rest && holds(rest.outcome, error),
  )
  return (
    <section className="conversation">
      <div className="scroller" ref={scroller} onScroll={onScroll} tabIndex={messages.length === 0 ? -1 : 0}>
        {messages.length === 0 && isRestored && (
          <Welcome isMissing={!isFreshThread() && error === null} onStarter={onStarter} />
        )}
        {/* Read out by the announcer, a paragraph at a time: a log that grows word by word is no pleasure to hear. */}
        <div
          className="log"
          ref={content}
          role="log"
          aria-label={t('conversation.label')}
          aria-live="off"
          aria-busy={isRunning}
        >
          {messages.map((message) => (
            <MessageView
              key={message.id}
              message={message}
              branches={branches(message.id)}
              motion={hasEnded(message) ? null : motion}
              actions={actions}
            />
          ))}
        </div>
      </div>
      <Announcer runState={runState} answer={messages.at(-1)} />
      {isAway && (
        <button type="button" className="jump" onClick={jump}>
          {t('conversation.jump')}
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
