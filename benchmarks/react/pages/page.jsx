import { createRoot } from 'react-dom/client'
import { AiSdkChat } from './ai-sdk.jsx'
import { settings } from './settings.js'
import { SluiceChat } from './sluice.jsx'

const Chat = settings.library === 'sluice' ? SluiceChat : AiSdkChat

createRoot(document.getElementById('root')).render(<Chat />)
