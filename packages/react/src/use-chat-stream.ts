import type { Chat, ChatActions, ChatSnapshot } from '@sluice/core'
import { useSyncExternalStore } from 'react'
import { useCreateChat, type ChatOrOptions } from './use-create-chat.ts'

export type UseChatStreamOptions<Metadata = unknown> = ChatOrOptions<Metadata>

/** The chat's snapshot and its functions, whose identities are stable as long as the chat is the same. */
export interface UseChatStream<Metadata = unknown> extends ChatSnapshot<Metadata>, ChatActions<Metadata> {
  /** The chat itself: for a `ChatProvider`, or for another component's `useChatStream({ chat })`. */
  readonly chat: Chat<Metadata>
}

/**
 * Binds a component to one chat: it renders again whenever the chat publishes, at most 25 times a second while an answer
 * grows. `memo` on what shows one message keeps the finished ones from rendering again. See `useCreateChat` for what
 * makes a chat, and what leaves it.
 */
export function useChatStream<Metadata = unknown>(options: UseChatStreamOptions<Metadata>): UseChatStream<Metadata> {
  const chat = useCreateChat(options)
  const snapshot = useSyncExternalStore(chat.subscribe, chat.getSnapshot, chat.getInitialSnapshot)
  return { ...chat, ...snapshot, chat }
}
