import { memoryPersistence, storagePersistence, useChatStream, type ChatPersistence } from '@sluice/react'
import { useRef, useState } from 'react'
import { Composer } from './components/composer.tsx'
import { Conversation } from './components/conversation.tsx'
import { Header } from './components/header.tsx'
import { Meter } from './components/meter.tsx'
import { OutcomeFacts } from './components/outcome-facts.tsx'
import type { Config } from './config.ts'
import { startThread, useThread } from './thread.ts'

const persistence = browserPersistence()

export function App({ config }: { readonly config: Config }) {
  const chat = useChatStream({ api: '/v1', model: config.model, id: useThread(), resume: true, persistence })
  const [draft, setDraft] = useState('')
  const [stoppedAt, setStoppedAt] = useState<StopTime | null>(null)
  const textbox = useRef<HTMLTextAreaElement>(null)
  const isRunning = chat.status === 'submitted' || chat.status === 'streaming'
  const answer = chat.messages.findLast((message) => message.role === 'assistant')
  const question = chat.messages.findLast((message) => message.role === 'user')
  // After a reload no run has been seen yet, but the answer still knows how its own ended.
  const runState = chat.runState ?? answer?.outcome?.status ?? null

  async function send(text: string): Promise<void> {
    setDraft('')
    textbox.current?.focus()
    const isDelivered = await chat.sendMessage({ text }).then(
      (outcome) => outcome.status !== 'failed' || outcome.message.text !== '',
      () => false,
    )
    // What was typed comes back to be sent again, unless something new was typed meanwhile.
    if (!isDelivered) setDraft((typed) => (typed === '' ? text : typed))
  }

  function stop(): void {
    if (!isRunning) return
    if (answer !== undefined) setStoppedAt({ answer: answer.id, at: Date.now() })
    void chat.stop()
    textbox.current?.focus()
  }

  function startOver(): void {
    startThread()
    textbox.current?.focus()
  }

  return (
    <div className="page">
      <Header provider={config.provider} onNewChat={startOver} />
      <main className="chat">
        <Conversation chat={chat} isRunning={isRunning} onStarter={(text) => void send(text)} />
        <Composer
          textbox={textbox}
          draft={draft}
          isRunning={isRunning}
          onDraft={setDraft}
          onSend={(text) => void send(text)}
          onStop={stop}
        />
      </main>
      {config.simulator ? (
        <Meter
          question={question?.text}
          runState={runState}
          stoppedAt={stoppedAt !== null && stoppedAt.answer === answer?.id ? stoppedAt.at : null}
        />
      ) : (
        <OutcomeFacts provider={config.provider} runState={runState} outcome={answer?.outcome ?? null} />
      )}
    </div>
  )
}

interface StopTime {
  /** The id of the answer that was stopped. */
  readonly answer: string
  /** Epoch ms of the click. */
  readonly at: number
}

/** A browser that keeps nothing for this page still gets a chat. */
function browserPersistence(): ChatPersistence {
  try {
    return storagePersistence(localStorage)
  } catch {
    return memoryPersistence()
  }
}
