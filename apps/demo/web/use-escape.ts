import { useEffect, useEffectEvent } from 'react'

/** Calls back when Escape is pressed anywhere on the page but in a dialog, which it closes. */
export function useEscape(isListening: boolean, onEscape: () => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isElsewhere = event.target instanceof Element && event.target.closest('dialog[open], .edit, .rename') !== null
    if (event.key === 'Escape' && !event.isComposing && !isElsewhere) onEscape()
  })
  useEffect(() => {
    if (!isListening) return undefined
    const listener = (event: KeyboardEvent): void => onKey(event)
    addEventListener('keydown', listener)
    return () => removeEventListener('keydown', listener)
  }, [isListening])
}
