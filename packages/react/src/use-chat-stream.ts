import { createChat, type Chat, type ChatOptions, type ChatSnapshot } from '@sluice/core'
import { useEffect, useInsertionEffect, useState, useSyncExternalStore } from 'react'

/** What `createChat` takes, or a chat that was created elsewhere and may outlive the component. */
export type UseChatStreamOptions = (ChatOptions & { readonly chat?: never }) | { readonly chat: Chat }

/** The chat's snapshot and its functions, whose identities are stable as long as the chat is the same. */
export interface UseChatStream extends ChatSnapshot {
  readonly sendMessage: Chat['sendMessage']
  readonly stop: Chat['stop']
  readonly detach: Chat['detach']
  readonly resumeStream: Chat['resumeStream']
  readonly clearError: Chat['clearError']
}

/**
 * Binds a component to one chat.
 *
 * Another `id`, `api` or `baseURL` makes another chat; `model`, `headers`, `body` and the callbacks may change at any
 * time and count from the next send on; the other options are read once per chat. Unmounting leaves the running answer
 * without stopping it, and StrictMode's simulated unmount does not even do that.
 *
 * Without an `id` the chat mints a random one while it renders: pass your own if the server renders it.
 */
export function useChatStream(options: UseChatStreamOptions): UseChatStream {
  const chat = useChat(options)
  const snapshot = useSyncExternalStore(chat.subscribe, chat.getSnapshot, chat.getInitialSnapshot)
  useEffect(() => chat.mount(), [chat])
  const { sendMessage, stop, detach, resumeStream, clearError } = chat
  return { ...snapshot, sendMessage, stop, detach, resumeStream, clearError }
}

/** A chat, and what decides whether the next render still means that one. */
interface Held {
  readonly chat: Chat
  readonly id: string | undefined
  readonly peer: string | undefined
}

function useChat(options: UseChatStreamOptions): Chat {
  const [held, setHeld] = useState(() => hold(options))
  const current = isSameChat(held, options) ? held : hold(options, held)
  if (current !== held) setHeld(current)
  // Not during the render, which may be thrown away; before every other effect, one of which may send.
  useInsertionEffect(() => {
    if (options.chat === undefined) current.chat.configure(options)
  })
  return current.chat
}

function hold(options: UseChatStreamOptions, before?: Held): Held {
  if (options.chat !== undefined) return { chat: options.chat, id: undefined, peer: undefined }
  const { id } = options
  const peer = peerOf(options)
  // The id that the chat had minted, now passed by its owner (from a URL, say), is no other chat.
  if (before?.id === undefined && before?.chat.id === id && before?.peer === peer) return { ...before, id }
  return { chat: createChat(options), id, peer }
}

function isSameChat(held: Held, options: UseChatStreamOptions): boolean {
  if (options.chat !== undefined) return held.chat === options.chat
  return held.id === options.id && held.peer === peerOf(options)
}

function peerOf({ api, baseURL }: ChatOptions): string {
  return api ?? baseURL
}
