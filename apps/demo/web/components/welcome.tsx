import { useTranslation } from 'react-i18next'

const STARTERS = ['building', 'story', 'sluice'] as const

interface WelcomeProps {
  /** Whether somebody came to look for a conversation that is not there. */
  readonly isMissing: boolean
  readonly onStarter: (text: string) => void
}

export function Welcome({ isMissing, onStarter }: WelcomeProps) {
  const { t } = useTranslation()
  return (
    <div className="welcome">
      <h2>
        <span>{t('welcome.ask')}</span> <span>{t('welcome.stop')}</span>
      </h2>
      <p role={isMissing ? 'alert' : undefined}>{t(isMissing ? 'threads.unknown' : 'welcome.text')}</p>
      <ul className="starters" aria-label={t('welcome.label')}>
        {STARTERS.map((name) => {
          const text = t(`welcome.starters.${name}`)
          return (
            <li key={name}>
              <button type="button" onClick={() => onStarter(text)}>
                {text}
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
