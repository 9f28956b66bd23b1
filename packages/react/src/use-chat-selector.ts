import type { Chat, ChatMessage, ChatSnapshot } from '@sluice/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useChatContext } from './chat-provider.ts'

export interface UseChatSelectorOptions<Metadata, Selected> {
  /** Default: that of the nearest `ChatProvider`. */
  readonly chat?: Chat<Metadata>
  /** Whether two selections are the same to this component. Default `Object.is`. */
  readonly isEqual?: (before: Selected, after: Selected) => boolean
}

/**
 * What `select` makes of the chat's snapshot; the component renders again only when that is another value.
 *
 * `useChatSelector((chat) => chat.messageIds)`, say, stays the same while an answer grows.
 */
export function useChatSelector<Selected, Metadata = unknown>(
  select: (snapshot: ChatSnapshot<Metadata>) => Selected,
  { chat: given, isEqual = Object.is }: UseChatSelectorOptions<Metadata, Selected> = {},
): Selected {
  const chat = useChatContext(given)
  const read = useMemo(() => createReader(select, isEqual), [select, isEqual])
  return useSyncExternalStore(
    chat.subscribe,
    () => read(chat.getSnapshot()),
    () => read(chat.getInitialSnapshot()),
  )
}

/**
 * One message of the selected or of any other branch; `undefined` if there is none with this id. The component renders
 * again only when this message changes.
 */
export function useMessage<Metadata = unknown>(id: string, given?: Chat<Metadata>): ChatMessage<Metadata> | undefined {
  const chat = useChatContext(given)
  return useSyncExternalStore(
    chat.subscribe,
    useCallback(() => chat.getMessage(id), [chat, id]),
    () => chat.getInitialSnapshot().messages.find((message) => message.id === id),
  )
}

/** Selects once per snapshot, and gives the earlier selection again where the new one is equal to it. */
function createReader<Snapshot, Selected>(
  select: (snapshot: Snapshot) => Selected,
  isEqual: (before: Selected, after: Selected) => boolean,
): (snapshot: Snapshot) => Selected {
  let last: { readonly snapshot: Snapshot; readonly selected: Selected } | undefined
  return (snapshot) => {
    if (last?.snapshot === snapshot) return last.selected
    const selected = select(snapshot)
    last = { snapshot, selected: last !== undefined && isEqual(last.selected, selected) ? last.selected : selected }
    return last.selected
  }
}
