import type { ChatMessage, RunState } from '@sluice/react'
import { useTranslation } from 'react-i18next'

interface AnnouncerProps {
  readonly runState: RunState | null
  /** The newest message. */
  readonly answer: ChatMessage | undefined
}

/**
 * Tells a screen reader, politely, that an answer begins, then each paragraph once it is whole, and how it ended: what is
 * added is read out, each piece once. Nothing is told of an answer that was there when the page came.
 */
export function Announcer({ runState, answer }: AnnouncerProps) {
  const { t } = useTranslation()
  const part = answer?.role === 'assistant' ? answer.parts.findLast(({ type }) => type === 'text') : undefined
  const text = part?.type === 'text' ? part : { blocks: [], tail: '' }
  const ending = runState === null || isGoing(runState) ? [] : [text.tail, t(NEWS[runState])]
  const told = runState === null ? [] : [t('conversation.started'), ...text.blocks, ...ending]
  return (
    <div className="hidden" role="status" aria-atomic="false">
      {told.map((piece, i) => (
        // Pieces are only ever added at the end, so that their place names them.
        // oxlint-disable-next-line react/no-array-index-key
        <p key={`${answer?.id} ${i}`}>{plain(piece)}</p>
      ))}
    </div>
  )
}

type Going = 'submitted' | 'streaming' | 'reconnecting'

function isGoing(state: RunState): state is Going {
  return state === 'submitted' || state === 'streaming' || state === 'reconnecting'
}

/** Without the marks of Markdown, which are no words. */
function plain(text: string): string {
  return text.replaceAll(/[*_`#>|~]+|-{3,}/g, ' ').trim()
}

const NEWS = {
  cancelling: 'conversation.ended.cancelled',
  cancelled: 'conversation.ended.cancelled',
  completed: 'conversation.ended.completed',
  incomplete: 'conversation.ended.broken',
  failed: 'conversation.ended.broken',
} as const satisfies Readonly<Record<Exclude<RunState, Going>, string>>
