import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { loadConfig } from './config.ts'
import { nameThread } from './thread.ts'
import './styles.css'

nameThread()
const container = document.getElementById('root')
if (container === null) throw new Error('The page has no element with the id "root".')
const root = createRoot(container)
const config = await loadConfig()
root.render(
  <StrictMode>
    {config === null ? (
      <p className="unavailable">The demo’s server did not answer. Check that it runs, then reload this page.</p>
    ) : (
      <App config={config} />
    )}
  </StrictMode>,
)
