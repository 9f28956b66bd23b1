import { useChatStream, type UseChatStream } from '@sluice/react'
import { useCallback, useEffect, useState } from 'react'
import { browserCopies, serverPersistence } from './threads/persistence.ts'
import { callTool, TOOLS } from './tools.ts'
import type { Fault } from './wire/fault-menu.tsx'
import type { Wire } from './wire/wire.ts'

interface DemoChatOptions {
  readonly thread: string
  readonly model: string
  readonly isNaive: boolean
  /** How the simulator is to misbehave in the next answer. */
  readonly fault: Fault | null
  readonly wire: Wire
  /** Whether the model may call this page's tools. Not every provider's models take them. */
  readonly hasTools: boolean
}

export interface DemoChat {
  readonly chat: UseChatStream
  /** Whether what was saved is there, as far as it could be read. */
  readonly isRestored: boolean
  /** Asks a question in other words, as another branch. */
  readonly edit: (messageId: string, text: string) => void
  /** Asks for an answer again, as another branch. */
  readonly regenerate: (messageId: string) => void
}

const persistence = serverPersistence(browserCopies())

/** The chat of a conversation. With each question goes where it belongs, for the server that saves it. */
export function useDemoChat({ thread, model, isNaive, fault, wire, hasTools }: DemoChatOptions): DemoChat {
  const chat: UseChatStream = useChatStream({
    api: isNaive ? '/naive/v1' : '/v1',
    model,
    id: thread,
    resume: true,
    persistence,
    fetch: wire.fetch,
    // Called before the question takes its place: the last message is the one that it follows.
    body: () => ({
      ...(hasTools && { tools: TOOLS }),
      demo: { before: chat.chat.getSnapshot().messageIds.at(-1) ?? null, scenario: fault },
    }),
    onToolCall: callTool,
  })

  const { chat: store } = chat
  const edit = useCallback(
    (messageId: string, text: string) => {
      const before = store.getMessage(messageId)?.parentId ?? null
      ignoreRefusal(store.edit(messageId, { text }, { body: { demo: { before, scenario: fault } } }))
    },
    [store, fault],
  )
  const regenerate = useCallback(
    (messageId: string) => {
      const question = store.getMessage(store.getMessage(messageId)?.parentId ?? '')
      const demo = { before: question?.parentId ?? null, scenario: fault }
      ignoreRefusal(store.regenerate({ messageId, body: { demo } }))
    },
    [store, fault],
  )
  const [restored, setRestored] = useState<typeof store | null>(null)
  useEffect(() => {
    // The mount has begun it; this only waits for its end.
    void store.resumeStream().then(() => setRestored(store))
  }, [store])
  return { chat, isRestored: restored === store, edit, regenerate }
}

/** A message that is gone by now cannot be asked again; the page shows that it is gone. */
function ignoreRefusal(asked: Promise<unknown>): void {
  asked.catch(() => {})
}
