import { useState } from 'react'
import { ChatPage } from './chat-page.tsx'
import type { Config } from './config.ts'
import { useThread } from './threads/address.ts'

/** A conversation, and how it is stopped: another one of either is another chat. */
export function App({ config }: { readonly config: Config }) {
  const thread = useThread()
  const [isNaive, setIsNaive] = useState(false)
  return (
    <ChatPage key={`${thread} ${isNaive}`} config={config} thread={thread} isNaive={isNaive} onNaive={setIsNaive} />
  )
}
