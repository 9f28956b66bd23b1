import type { RunState } from '@sluice/react'
import { useCallback, useEffect, useState } from 'react'
import { listThreads, type ThreadSummary } from './api.ts'

export interface ThreadList {
  readonly threads: readonly ThreadSummary[]
  /** Whether the server could not be asked. */
  readonly isLost: boolean
  readonly reload: () => void
}

/** The conversations: read at first, when an answer begins and has ended, and when the visitor comes back to the page. */
export function useThreadList(runState: RunState | null): ThreadList {
  const [list, setList] = useState<Omit<ThreadList, 'reload'>>({ threads: [], isLost: false })

  const load = useCallback(
    (signal: AbortSignal | null) =>
      listThreads(signal).then(
        (threads) => setList({ threads, isLost: false }),
        () => setList(({ threads }) => ({ threads, isLost: signal?.aborted !== true })),
      ),
    [],
  )
  const reload = useCallback(() => void load(null), [load])

  useEffect(() => {
    // A question is saved before its answer begins, and not before it is asked.
    if (runState === 'submitted') return undefined
    const leaving = new AbortController()
    void load(leaving.signal)
    return () => leaving.abort()
  }, [load, runState])

  useEffect(() => {
    addEventListener('focus', reload)
    return () => removeEventListener('focus', reload)
  }, [reload])

  return { ...list, reload }
}
