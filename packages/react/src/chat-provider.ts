import type { Chat } from '@sluice/core'
import { createContext, createElement, useContext, useEffect, type ReactElement, type ReactNode } from 'react'

const ChatContext = createContext<Chat | null>(null)

export interface ChatProviderProps {
  readonly chat: Chat
  readonly children?: ReactNode
}

/** Gives a chat to `useChatContext`, `useChatSelector` and `useMessage` below it, and mounts it. */
export function ChatProvider({ chat, children }: ChatProviderProps): ReactElement {
  useEffect(() => chat.mount(), [chat])
  return createElement(ChatContext.Provider, { value: chat }, children)
}

/**
 * The given chat, or else that of the nearest `ChatProvider`; the component does not render again when the chat changes.
 *
 * @throws {Error} without either
 */
export function useChatContext<Metadata = unknown>(given?: Chat<Metadata>): Chat<Metadata>
export function useChatContext(given?: Chat): Chat {
  const nearest = useContext(ChatContext)
  const chat = given ?? nearest
  if (chat === null) throw new Error('Expected a <ChatProvider> above this component, or a `chat` passed to the hook.')
  return chat
}
