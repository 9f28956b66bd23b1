import { useState, useSyncExternalStore } from 'react'
import { useEscape } from './use-escape.ts'
import { useKept } from './use-kept.ts'

/** From this width on, the list and the panel have room beside the conversation; below it they lie over it. */
const WIDE = '(min-width: 72rem)'

export interface Side {
  readonly isOpen: boolean
  /** Whether it lies over the conversation. */
  readonly isOver: boolean
  readonly toggle: () => void
  /** Closes it where it lies over the conversation; beside it, it stays. */
  readonly giveWay: () => void
}

/** Something beside the conversation: open where there is room, unless the visitor closed it; else only when asked for. */
export function useSide(name: string): Side {
  const isWide = useSyncExternalStore(subscribe, () => matchMedia(WIDE).matches)
  const [kept, keep] = useKept(name)
  const [isAsked, setIsAsked] = useState(false)
  const isOpen = isWide ? kept !== 'closed' : isAsked
  const giveWay = (): void => setIsAsked(false)
  useEscape(isOpen && !isWide, giveWay)
  return {
    isOpen,
    isOver: isOpen && !isWide,
    toggle: () => (isWide ? keep(isOpen ? 'closed' : null) : setIsAsked(!isOpen)),
    giveWay,
  }
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(WIDE)
  query.addEventListener('change', listener)
  return () => query.removeEventListener('change', listener)
}
