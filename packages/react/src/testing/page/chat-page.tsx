import { del, get, set } from 'idb-keyval'
import { memo, useEffect, useRef, useState, type ReactNode } from 'react'
import {
  ChatProvider,
  keyValuePersistence,
  storagePersistence,
  useChatContext,
  useChatSelector,
  useChatStream,
  useMessage,
  type ChatMessage,
  type ChatStreamError,
  type UseChatStreamOptions,
} from '../../index.ts'
import type { PageSettings } from './settings.ts'

const localStorageOfPage = storagePersistence(() => localStorage)
const indexedDbOfPage = keyValuePersistence({ get, set, del })

function optionsOf({ thread = 'thread', model = 'any', ...settings }: PageSettings): UseChatStreamOptions {
  const { connectMs, idleMs, cancelMs, persistence, stopOnUnmount = false } = settings
  return {
    api: '/v1',
    id: thread,
    model,
    resume: true,
    maxRetries: 0,
    stopOnUnmount,
    persistence: persistence === 'idb-keyval' ? indexedDbOfPage : localStorageOfPage,
    timeouts: {
      ...(connectMs !== undefined && { connectMs }),
      ...(idleMs !== undefined && { idleMs }),
      ...(cancelMs !== undefined && { cancelMs }),
    },
  }
}

/** A page that a person can leave without leaving the document, as a router's link does. */
export function ChatPage({ settings }: { readonly settings: PageSettings }): ReactNode {
  const [isHere, setHere] = useState(true)
  return (
    <main>
      <button onClick={() => setHere(!isHere)}>{isHere ? 'Leave' : 'Return'}</button>
      {isHere && <ChatView settings={settings} />}
    </main>
  )
}

function ChatView({ settings }: { readonly settings: PageSettings }): ReactNode {
  const chat = useChatStream(optionsOf(settings))
  const { messages, queue, status, runState, error, sendMessage, regenerate, stop, clearError } = chat
  const { sendAtMount } = settings
  useEffect(() => {
    if (sendAtMount !== undefined) void sendMessage({ text: sendAtMount })
  }, [sendAtMount, sendMessage])

  return (
    <section data-status={status} data-run-state={runState ?? 'none'}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const text = new FormData(event.currentTarget).get('text')
          if (typeof text === 'string') void sendMessage({ text })
          event.currentTarget.reset()
        }}
      >
        <input name="text" aria-label="Message" />
        <button>Send</button>
        <button type="button" onClick={() => void stop()}>
          Stop
        </button>
        <button type="button" onClick={() => void regenerate()}>
          Regenerate
        </button>
      </form>
      <div role="log">
        {messages.map((message) => (
          <MessageView key={message.id} message={message} branches={chat.branches(message.id).length} />
        ))}
      </div>
      <ul aria-label="Queue">
        {queue.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      {error !== null && <Failure error={error} onClose={clearError} />}
      <ChatProvider chat={chat.chat}>
        <Companion />
      </ChatProvider>
    </section>
  )
}

interface MessageViewProps {
  readonly message: ChatMessage
  readonly branches: number
}

const MessageView = memo(function MessageView({ message, branches }: MessageViewProps): ReactNode {
  const outcome = message.role === 'assistant' ? message.outcome : undefined
  const article = useRef<HTMLElement>(null)
  const renders = useRef(0)
  useEffect(() => {
    renders.current += 1
    article.current?.setAttribute('data-renders', String(renders.current))
  })
  return (
    <article ref={article} aria-label={message.role} data-branches={branches} data-outcome={outcome?.status ?? 'none'}>
      <p>{message.text}</p>
      {outcome?.status === 'cancelled' && <em>Stopped by {outcome.cancellation.requestedBy}</em>}
      {outcome?.status === 'cancelled' && <small>{outcome.cancellation.upstream}</small>}
    </article>
  )
})

function Failure({ error, onClose }: { readonly error: ChatStreamError; readonly onClose: () => void }): ReactNode {
  const wait = error.retryAfterMs === undefined ? '' : ` Wait ${Math.ceil(error.retryAfterMs / 1000)} s.`
  return (
    <p role="alert" data-code={error.code}>
      {error.message}
      {wait} <button onClick={onClose}>Close</button>
    </p>
  )
}

/** A second component on the same chat, which renders the newest message alone. */
function Companion(): ReactNode {
  const newest = useChatSelector(({ messageIds }) => messageIds.at(-1) ?? '')
  const message = useMessage(newest)
  const { stop } = useChatContext()
  return (
    <aside>
      <output aria-label="Newest">{message?.text}</output>
      <button onClick={() => void stop()}>Stop from aside</button>
    </aside>
  )
}
