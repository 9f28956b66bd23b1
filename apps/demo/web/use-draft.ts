import type { QueuedMessage } from '@sluice/react'
import { useEffect, useState } from 'react'
import type { Draft } from './components/composer.tsx'
import { readKept, useKept } from './use-kept.ts'

/**
 * What is typed in a conversation and not sent, kept by this browser. Questions that still waited for their turn when the
 * page was left are in it again: nothing of them had reached the server.
 */
export function useDraft(thread: string, queue: readonly QueuedMessage[]): readonly [Draft, (draft: Draft) => void] {
  const [text, setText] = useKept(`draft-${thread}`)
  const [, setWaiting] = useKept(`queue-${thread}`)
  const [left] = useState(() => readKept(`queue-${thread}`))
  const [files, setFiles] = useState<Draft['files']>([])
  const waiting = queue.map((question) => question.text ?? '').join('\n\n')

  useEffect(() => {
    if (left !== null) setText([left, readKept(`draft-${thread}`) ?? ''].join('\n\n').trim())
  }, [left, thread, setText])
  useEffect(() => setWaiting(waiting || null), [waiting, setWaiting])

  function setDraft(draft: Draft): void {
    setText(draft.text || null)
    setFiles(draft.files)
  }
  return [{ text: text ?? '', files }, setDraft]
}
