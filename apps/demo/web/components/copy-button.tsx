import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** How long the button says that it copied, in ms. */
const TOLD_MS = 2_000

interface CopyButtonProps {
  readonly text: () => string
  /** What is copied, where the place does not say it. */
  readonly label?: string
}

export function CopyButton({ text, label }: CopyButtonProps) {
  const { t } = useTranslation()
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')

  async function copy(): Promise<void> {
    const isCopied = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    )
    setState(isCopied ? 'copied' : 'refused')
    setTimeout(() => setState('idle'), TOLD_MS)
  }

  return (
    <button
      type="button"
      className="plain"
      aria-label={state === 'idle' ? label : undefined}
      onClick={() => void copy()}
    >
      {t(`copy.${state}`)}
    </button>
  )
}
