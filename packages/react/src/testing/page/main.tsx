import { StrictMode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { ChatPage } from './chat-page.tsx'
import { decodeSettings } from './settings.ts'

const settings = decodeSettings(decodeURIComponent(location.search.slice(1)))
const container = document.querySelector('#root')
if (container === null) throw new Error('The page has no root.')
const page = <ChatPage settings={settings} />
const element = settings.isStrict === true ? <StrictMode>{page}</StrictMode> : page
if (settings.isHydrated === true) hydrateRoot(container, element)
else createRoot(container).render(element)
