import { createServerChat, type Chat, type ServerChatOptions } from '@sluice/core'
import { useEffect, useInsertionEffect, useState } from 'react'

/** What makes a chat, or a chat that was created elsewhere (by `createChat`) and may outlive the component. */
export type ChatOrOptions<Metadata = unknown> =
  | (ServerChatOptions<Metadata> & { readonly chat?: never })
  | { readonly chat: Chat<Metadata> }

/**
 * The chat of a component, which does not render again when the chat changes: for a page whose parts read it with
 * `useChatSelector` and `useMessage`, below a `ChatProvider`.
 *
 * Another `id` or `api` makes another chat; what `ChatSettings` lists may change at any render and counts from the next
 * send on; the other options are read once per chat. Unmounting leaves the running answer without stopping it, unless
 * `stopOnUnmount` is set, and StrictMode's simulated unmount does not even do that.
 *
 * Without an `id` the chat mints a random one while it renders, which must not be shown where a server renders, too.
 */
export function useCreateChat<Metadata = unknown>(options: ChatOrOptions<Metadata>): Chat<Metadata> {
  const [held, setHeld] = useState(() => hold(options))
  const current = isSameChat(held, options) ? held : hold(options, held)
  if (current !== held) setHeld(current)
  const { chat } = current
  // Not during the render, which may be thrown away; before every other effect, one of which may send.
  useInsertionEffect(() => {
    if (options.chat === undefined) chat.configure(options)
  })
  useEffect(() => chat.mount(), [chat])
  return chat
}

/** A chat, and what decides whether the next render still means that one. */
interface Held<Metadata> {
  readonly chat: Chat<Metadata>
  readonly id: string | undefined
  readonly api: string | undefined
}

function hold<Metadata>(options: ChatOrOptions<Metadata>, before?: Held<Metadata>): Held<Metadata> {
  if (options.chat !== undefined) return { chat: options.chat, id: undefined, api: undefined }
  const { id, api } = options
  // The id that the chat had minted, now passed by its owner (from a URL, say), is no other chat.
  if (before?.id === undefined && before?.chat.id === id && before?.api === api) return { ...before, id }
  return { chat: createServerChat(options), id, api }
}

function isSameChat<Metadata>(held: Held<Metadata>, options: ChatOrOptions<Metadata>): boolean {
  if (options.chat !== undefined) return held.chat === options.chat
  return held.id === options.id && held.api === options.api
}
