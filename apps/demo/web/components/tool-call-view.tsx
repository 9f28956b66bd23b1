import type { ToolCall } from '@sluice/react'
import { useTranslation } from 'react-i18next'

/** What the model asked a tool for, and what it was answered. */
export function ToolCallView({ call: { name, arguments: given, output } }: { readonly call: ToolCall }) {
  const { t } = useTranslation()
  return (
    <details className="tool-call">
      <summary>{t('message.tool', { name })}</summary>
      <h3>{t('message.arguments')}</h3>
      <pre>{given}</pre>
      <h3>{t('message.output')}</h3>
      <pre>
        {output === undefined ? t('message.waiting') : typeof output === 'string' ? output : JSON.stringify(output)}
      </pre>
    </details>
  )
}
