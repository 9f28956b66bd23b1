import { act, StrictMode, useEffect, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { useChatStream, type UseChatStream, type UseChatStreamOptions } from '../use-chat-stream.ts'

interface ProbeProps {
  readonly options: UseChatStreamOptions
  /** Sent in an effect of the mount. */
  readonly sendAtMount?: string
  readonly onRender: (chat: UseChatStream) => void
}

function Probe({ options, sendAtMount, onRender }: ProbeProps): ReactNode {
  const chat = useChatStream(options)
  const { sendMessage } = chat
  useEffect(() => {
    if (sendAtMount !== undefined) void sendMessage({ text: sendAtMount })
  }, [sendAtMount, sendMessage])
  useEffect(() => {
    onRender(chat)
  })
  return <p>{chat.messages.map(({ text }) => text).join('|')}</p>
}

/** A component that shows a chat, mounted in the document. */
export interface RenderedChat {
  /** What the hook gave to the newest render that came to be. */
  readonly chat: UseChatStream
  /** All that it gave, oldest first. */
  readonly renders: readonly UseChatStream[]
  /** What a reader sees. */
  readonly shown: string
  rerender(options: UseChatStreamOptions): Promise<void>
  unmount(): Promise<void>
}

export interface RenderOptions {
  readonly strict?: boolean
  readonly sendAtMount?: string
}

export async function renderChat(
  first: UseChatStreamOptions,
  { strict = false, ...probe }: RenderOptions = {},
): Promise<RenderedChat> {
  const container = document.body.appendChild(document.createElement('div'))
  const root = createRoot(container)
  const renders: UseChatStream[] = []
  const show = (options: UseChatStreamOptions): Promise<void> => {
    const element = <Probe options={options} onRender={(chat) => renders.push(chat)} {...probe} />
    return inAct(() => root.render(strict ? <StrictMode>{element}</StrictMode> : element))
  }
  await show(first)
  return {
    renders,
    get chat() {
      const newest = renders.at(-1)
      if (newest === undefined) throw new Error('Nothing was rendered.')
      return newest
    },
    get shown() {
      return container.textContent
    },
    rerender: show,
    unmount: () => inAct(() => root.unmount()),
  }
}

/** Only what a test does itself is an act; what a socket brings renders whenever it comes, as in a browser. */
async function inAct(action: () => void): Promise<void> {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  try {
    await act(async () => action())
  } finally {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })
  }
}
