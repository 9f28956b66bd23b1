import { useEffect, useEffectEvent, type KeyboardEvent, type MouseEvent, type RefObject, type SubmitEvent } from 'react'

interface ComposerProps {
  readonly textbox: RefObject<HTMLTextAreaElement | null>
  readonly draft: string
  readonly isRunning: boolean
  readonly onDraft: (draft: string) => void
  readonly onSend: (text: string) => void
  readonly onStop: () => void
}

export function Composer({ textbox, draft, isRunning, onDraft, onSend, onStop }: ComposerProps) {
  const canSend = !isRunning && draft.trim() !== ''
  useEscape(isRunning, onStop)

  function onKeyDown(event: KeyboardEvent): void {
    // While an input method composes, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (canSend) onSend(draft)
  }

  function onSubmit(event: SubmitEvent): void {
    event.preventDefault()
    if (canSend) onSend(draft)
  }

  return (
    <form className="composer" onSubmit={onSubmit}>
      <label className="hidden" htmlFor="message">
        Message
      </label>
      <textarea
        id="message"
        ref={textbox}
        rows={1}
        value={draft}
        placeholder="Ask anything"
        autoFocus
        autoComplete="off"
        enterKeyHint="send"
        onChange={(event) => onDraft(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="actions">
        <p className="keys">
          <kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd> starts a line, <kbd>Esc</kbd> stops
        </p>
        {isRunning && (
          <button type="button" className="stop" onMouseDown={keepFocus} onClick={onStop}>
            Stop
          </button>
        )}
        <button type="submit" className="send" disabled={!canSend} onMouseDown={keepFocus}>
          Send
        </button>
      </div>
    </form>
  )
}

/** A press of the mouse leaves the focus where it is: in the textbox. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault()
}

function useEscape(isRunning: boolean, onStop: () => void): void {
  const onKey = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key === 'Escape' && !event.isComposing) onStop()
  })
  useEffect(() => {
    if (!isRunning) return undefined
    const listener = (event: globalThis.KeyboardEvent): void => onKey(event)
    addEventListener('keydown', listener)
    return () => removeEventListener('keydown', listener)
  }, [isRunning])
}
