import { useTranslation } from 'react-i18next'
import { LANGUAGES } from '../i18n/i18n.ts'
import { CopyButton } from './copy-button.tsx'
import { Icon } from './icon.tsx'

interface HeaderProps {
  readonly provider: string
  readonly models: readonly string[]
  readonly model: string
  readonly onModel: (model: string) => void
  readonly isListOpen: boolean
  readonly onList: () => void
  readonly isWireOpen: boolean
  readonly onWire: () => void
  /** The conversation as Markdown; `null` while it is empty. */
  readonly markdown: (() => string) | null
  readonly onExport: () => void
}

export function Header(props: HeaderProps) {
  const { t, i18n } = useTranslation()
  const { provider, models, model, onModel, isListOpen, onList, isWireOpen, onWire, markdown, onExport } = props
  return (
    <header className="header">
      <button
        type="button"
        className="icon"
        aria-label={t(isListOpen ? 'threads.close' : 'threads.open')}
        aria-expanded={isListOpen}
        onClick={onList}
      >
        <Icon name="list" />
      </button>
      <img className="logo" src="/favicon.svg" alt="" width="28" height="28" />
      <h1>Sluice</h1>
      <p className="provider">{t('provider', { provider })}</p>
      {markdown !== null && (
        <>
          <CopyButton text={markdown} label={t('threads.copy')} />
          <button type="button" className="icon" aria-label={t('threads.export')} onClick={onExport}>
            <Icon name="export" />
          </button>
        </>
      )}
      <select className="choice" aria-label={t('model')} value={model} onChange={({ target }) => onModel(target.value)}>
        {[...new Set([model, ...models])].map((id) => (
          <option key={id}>{id}</option>
        ))}
      </select>
      <select
        className="choice language"
        aria-label={t('language')}
        value={i18n.resolvedLanguage}
        onChange={({ target }) => void i18n.changeLanguage(target.value)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
      <button
        type="button"
        className="icon"
        aria-label={t(isWireOpen ? 'closePanel' : 'panel')}
        aria-expanded={isWireOpen}
        onClick={onWire}
      >
        <Icon name="panel" />
      </button>
    </header>
  )
}
