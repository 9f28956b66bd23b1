import type { QuestionMessage } from '@sluice/react'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Composer, type Draft } from './components/composer.tsx'
import { Conversation } from './components/conversation.tsx'
import { Header } from './components/header.tsx'
import type { MessageActions } from './components/message-view.tsx'
import type { Config } from './config.ts'
import { exportThread, saveFile } from './export-thread.ts'
import { startThread } from './threads/address.ts'
import { Sidebar } from './threads/sidebar.tsx'
import { useThreadList } from './threads/use-thread-list.ts'
import { useDemoChat } from './use-demo-chat.ts'
import { useDraft } from './use-draft.ts'
import { useKept } from './use-kept.ts'
import { useModels } from './use-models.ts'
import { useSide } from './use-side.ts'
import { FaultMenu, type Fault } from './wire/fault-menu.tsx'
import { WirePanel } from './wire/wire-panel.tsx'
import { createWire } from './wire/wire.ts'

interface ChatPageProps {
  readonly config: Config
  /** The id of the conversation. */
  readonly thread: string
  readonly isNaive: boolean
  readonly onNaive: (isNaive: boolean) => void
}

export function ChatPage({ config, thread, isNaive, onNaive }: ChatPageProps) {
  const { t } = useTranslation()
  const [wire] = useState(createWire)
  const [fault, setFault] = useState<Fault | null>(null)
  const [chosen, setModel] = useKept('model')
  const list = useSide('list')
  const side = useSide('wire')
  const [stopped, setStopped] = useState<StopTime | null>(null)
  const textbox = useRef<HTMLTextAreaElement>(null)
  const models = useModels()
  const model = chosen !== null && (models.length === 0 || models.includes(chosen)) ? chosen : config.model
  const hasTools = config.simulator
  const { chat, isRestored, edit, regenerate } = useDemoChat({ thread, model, isNaive, fault, wire, hasTools })
  const [draft, setDraft] = useDraft(thread, chat.queue)
  const isRunning = chat.status === 'submitted' || chat.status === 'streaming'
  const threads = useThreadList(chat.runState)
  const answer = chat.messages.findLast((message) => message.role === 'assistant')
  const question = chat.messages.findLast((message) => message.role === 'user')
  // After a reload no run has been seen yet, but the answer still knows how its own ended.
  const runState = chat.runState ?? answer?.outcome?.status ?? null
  const actions = useMemo<MessageActions>(
    () => ({ selectBranch: chat.selectBranch, regenerate, edit }),
    [chat.selectBranch, regenerate, edit],
  )
  const markdown = (): string =>
    exportThread(chat.messages, { you: t('message.export.you'), answer: t('message.export.answer') })

  function send(asked: Draft): void {
    setDraft({ text: '', files: [] })
    textbox.current?.focus()
    // What could not even be asked comes back, unless something new was typed meanwhile; all else stands in the log.
    chat.sendMessage(asked).catch(() => textbox.current?.value === '' && setDraft(asked))
  }

  function stop(): void {
    if (!isRunning) return
    if (answer !== undefined) setStopped({ answer: answer.id, at: Date.now() })
    if (isNaive) chat.detach()
    else void chat.stop()
    textbox.current?.focus()
  }

  function startOver(): void {
    list.giveWay()
    startThread()
    textbox.current?.focus()
  }

  return (
    <div className="page" data-over={list.isOver || side.isOver || undefined}>
      <Header
        provider={config.simulator ? t('providers.simulator') : config.provider}
        models={models}
        model={model}
        onModel={setModel}
        isListOpen={list.isOpen}
        onList={() => {
          side.giveWay()
          list.toggle()
        }}
        isWireOpen={side.isOpen}
        onWire={() => {
          list.giveWay()
          side.toggle()
        }}
        markdown={chat.messages.length === 0 ? null : markdown}
        onExport={() => saveFile(`${titleOf(chat.messages)}.md`, markdown())}
      />
      {list.isOpen && (
        <Sidebar
          list={threads}
          current={thread}
          onNew={startOver}
          onChosen={list.giveWay}
          onDeleted={() => {
            void chat.stop()
            startOver()
          }}
        />
      )}
      {list.isOver && (
        <button type="button" className="beside" aria-label={t('threads.close')} onClick={list.giveWay} />
      )}
      <main className="chat" inert={list.isOver || side.isOver}>
        <Conversation
          chat={chat}
          isRunning={isRunning}
          isRestored={isRestored}
          actions={actions}
          onStarter={(starter) => send({ text: starter, files: [] })}
        />
        <Composer
          textbox={textbox}
          draft={draft}
          isRunning={isRunning}
          queue={chat.queue}
          onDraft={setDraft}
          onSend={send}
          onStop={stop}
          onUnqueue={chat.cancelQueued}
        />
      </main>
      <aside className="side" aria-label={t('panel')} hidden={!side.isOpen}>
        <WirePanel
          wire={wire}
          question={question?.text}
          runState={runState}
          stoppedAt={stopped !== null && stopped.answer === answer?.id ? stopped.at : null}
          hasBooks={config.simulator}
          provider={config.provider}
          outcome={answer?.outcome ?? null}
        />
        <FaultMenu
          wire={wire}
          fault={fault}
          onFault={setFault}
          isNaive={isNaive}
          onNaive={onNaive}
          isRunning={isRunning}
          hasBooks={config.simulator}
        />
      </aside>
    </div>
  )
}

interface StopTime {
  /** The id of the answer that was stopped. */
  readonly answer: string
  /** Epoch ms of the click. */
  readonly at: number
}

/** A file's name from the first question: letters and digits of any script. */
function titleOf(messages: readonly { readonly role: string; readonly text: string }[]): string {
  const question = messages.find((message): message is QuestionMessage => message.role === 'user')?.text ?? ''
  return (
    question
      .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
      .slice(0, 60)
      .replaceAll(/^-|-$/g, '') || 'chat'
  )
}
