import type { AnswerMessage, AnswerPart, MessageOutcome } from '@sluice/react'
import type { TFunction } from 'i18next'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { errorSentence } from '../error-sentence.ts'
import { BranchSwitch } from './branch-switch.tsx'
import { CopyButton } from './copy-button.tsx'
import type { MessageActions } from './message-view.tsx'
import { ToolCallView } from './tool-call-view.tsx'

// Maths and highlighting are most of the page's code, and the first words of an answer can be read without them.
const Markdown = lazy(() => import('../markdown/markdown.tsx'))

export type Motion = 'growing' | 'stopping' | null

interface AnswerViewProps {
  readonly message: AnswerMessage
  readonly branches: readonly string[]
  readonly motion: Motion
  readonly actions: MessageActions
}

export function AnswerView({ message, branches, motion, actions }: AnswerViewProps) {
  const { t } = useTranslation()
  const { id, parts, outcome } = message
  return (
    <article
      className="message assistant"
      aria-label={t('conversation.answer')}
      data-live={motion === 'growing' || undefined}
    >
      {parts.map((part, i) => (
        // Parts are only ever added at the end, so that their place names them.
        // oxlint-disable-next-line react/no-array-index-key
        <PartView key={i} part={part} isNewest={motion === 'growing' && i === parts.length - 1} />
      ))}
      <Mark outcome={outcome} motion={motion} />
      {motion !== 'growing' && (
        <div className="tools">
          <BranchSwitch branches={branches} current={id} onSelect={actions.selectBranch} />
          <CopyButton text={() => message.text} />
          <button type="button" className="plain" onClick={() => actions.regenerate(id)}>
            {t('message.regenerate')}
          </button>
          <TokenCount outcome={outcome} />
        </div>
      )}
    </article>
  )
}

function PartView({ part, isNewest }: { readonly part: AnswerPart; readonly isNewest: boolean }) {
  const { t } = useTranslation()
  switch (part.type) {
    case 'text':
      return (
        <div className="text">
          <Suspense fallback={<p className="unformatted">{part.text}</p>}>
            <Markdown part={part} />
          </Suspense>
        </div>
      )
    case 'reasoning':
      return (
        <details className="reasoning">
          <summary>{t(isNewest ? 'message.thinking' : 'message.reasoning')}</summary>
          <p>{part.text}</p>
        </details>
      )
    case 'tool-call':
      return <ToolCallView call={part} />
  }
}

function Mark({ outcome, motion }: { readonly outcome: MessageOutcome | null; readonly motion: Motion }) {
  const { t } = useTranslation()
  // The text is frozen from the instant of the click, so the mark is there from then on, not from the confirmation on.
  if (outcome === null) return motion === 'stopping' ? <p className="mark">{t('message.stopped')}</p> : null
  const sentence = markOf(outcome, t)
  if (sentence === null) return null
  return <p className={'error' in outcome ? 'mark broken' : 'mark'}>{sentence}</p>
}

function markOf(outcome: MessageOutcome, t: TFunction): string | null {
  switch (outcome.status) {
    case 'cancelled':
      return t(outcome.cancellation.requestedBy === 'user' ? 'message.stopped' : 'message.unwatched')
    case 'completed':
      return outcome.finishReason === 'length' ? t('message.length') : null
    case 'incomplete':
    case 'failed':
      return 'error' in outcome ? errorSentence(outcome.error, t) : t('message.left')
  }
}

function TokenCount({ outcome }: { readonly outcome: MessageOutcome | null }) {
  const { t, i18n } = useTranslation()
  // A stopped answer does not move any more, and its count comes later than the click.
  if (outcome?.status !== 'completed') return null
  const { usage } = outcome
  if (usage.outputTokens === null) return null
  const tokens = usage.outputTokens.toLocaleString(i18n.language)
  return (
    <span className="count">{t(usage.source === 'provider' ? 'message.tokens' : 'message.estimated', { tokens })}</span>
  )
}
