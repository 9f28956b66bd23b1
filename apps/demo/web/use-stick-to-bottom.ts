import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'

/** How far from the end, in CSS pixels, a reader may be and still follow the text. */
const NEAR = 48

interface StickToBottom {
  /** The box that scrolls. */
  readonly scroller: RefObject<HTMLDivElement | null>
  /** What grows in it. */
  readonly content: RefObject<HTMLDivElement | null>
  /** Whether the reader scrolled away from the end. */
  readonly isAway: boolean
  readonly onScroll: () => void
  readonly jump: () => void
}

/**
 * Keeps the end of a growing conversation in sight, unless the reader scrolled away. A new message leads back.
 *
 * @param count how many messages there are
 */
export function useStickToBottom(count: number): StickToBottom {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const lastTop = useRef(0)
  const [isAway, setIsAway] = useState(false)

  const jump = useCallback(() => {
    follows.current = true
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight })
  }, [])

  const onScroll = useCallback(() => {
    if (scroller.current === null) return
    const { scrollTop, scrollHeight, clientHeight } = scroller.current
    // Text that grows faster than the box is scrolled is no reader who leaves; going up is.
    if (scrollHeight - scrollTop - clientHeight <= NEAR) follows.current = true
    else if (scrollTop < lastTop.current) follows.current = false
    lastTop.current = scrollTop
    setIsAway(!follows.current)
  }, [])

  useLayoutEffect(() => {
    if (count > 0) jump()
  }, [count, jump])

  useEffect(() => {
    if (content.current === null || scroller.current === null) return undefined
    const observer = new ResizeObserver(() => {
      if (follows.current && content.current?.childElementCount) jump()
    })
    observer.observe(content.current)
    observer.observe(scroller.current)
    return () => observer.disconnect()
  }, [jump])

  return { scroller, content, isAway, onScroll, jump }
}
