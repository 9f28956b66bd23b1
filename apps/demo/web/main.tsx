import i18next from 'i18next'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { loadConfig } from './config.ts'
import { startI18n } from './i18n/i18n.ts'
import { nameThread } from './threads/address.ts'
import './styles.css'

nameThread()
const container = document.getElementById('root')
if (container === null) throw new Error('The page has no element with the id "root".')
const root = createRoot(container)
// Wanted by the first answer: asked for now, so that it is there by then.
void import('./markdown/markdown.tsx')
const [config] = await Promise.all([loadConfig(), startI18n()])
root.render(
  <StrictMode>
    {config === null ? <p className="unavailable">{i18next.t('unavailable')}</p> : <App config={config} />}
  </StrictMode>,
)
