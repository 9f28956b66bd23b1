import type { ChatMessage } from './message.ts'

/**
 * The messages of a chat, as a tree by `parentId`: messages with one parent are branches, and one of them is selected.
 * `path` and `ids` are arrays that never change: something else is another array.
 */
export interface MessageTree {
  /** The selected branch, from the first message on. */
  readonly path: readonly ChatMessage[]
  readonly ids: readonly string[]
  readonly branches: (id: string) => readonly string[]
  get(id: string): ChatMessage | undefined
  /** Every message, each behind its parent. */
  all(): readonly ChatMessage[]
  /** The branch that ends with a message; empty for `null`. */
  pathTo(id: string | null): readonly ChatMessage[]
  /** Adds messages and selects the last, or takes each in the place of the one with its id. */
  put(...messages: readonly ChatMessage[]): void
  select(id: string): void
  remove(id: string): void
  /** Puts messages in the place of the path; what branches off from a message that stays, stays. */
  replacePath(messages: readonly ChatMessage[]): void
}

export function createMessageTree(initial: readonly ChatMessage[] = []): MessageTree {
  let messages = new Map(initial.map((message) => [message.id, message]))
  /** By parent: the child that is shown. */
  const selected = new Map<string | null, string>()
  let path: readonly ChatMessage[] = []
  let ids: readonly string[] = []
  let branches: MessageTree['branches'] = () => []
  arrange()

  /** After every change but that of one message's content. */
  function arrange(): void {
    const children = new Map<string | null, string[]>()
    const parents = new Map<string, string | null>()
    for (const { id, parentId } of messages.values()) {
      parents.set(id, parentId)
      const siblings = children.get(parentId)
      if (siblings === undefined) children.set(parentId, [id])
      else siblings.push(id)
    }
    const found: ChatMessage[] = []
    for (let at: string | null = null; ;) {
      const siblings = children.get(at) ?? []
      const message = messages.get(siblings.find((id) => id === selected.get(at)) ?? siblings.at(-1) ?? '')
      if (message === undefined) break
      found.push(message)
      at = message.id
    }
    path = found
    if (found.length !== ids.length || found.some(({ id }, i) => id !== ids[i])) ids = found.map(({ id }) => id)
    branches = (id) => {
      const parentId = parents.get(id)
      return (parentId !== undefined && children.get(parentId)) || []
    }
  }

  function pathTo(id: string | null): readonly ChatMessage[] {
    const found: ChatMessage[] = []
    for (let at = messages.get(id ?? ''); at !== undefined; at = messages.get(at.parentId ?? '')) found.unshift(at)
    return found
  }

  function select(id: string): void {
    for (const message of pathTo(id)) selected.set(message.parentId, message.id)
    arrange()
  }

  return {
    get path() {
      return path
    },
    get ids() {
      return ids
    },
    get branches() {
      return branches
    },
    get: (id) => messages.get(id),
    all: () => [...messages.values()],
    pathTo,
    put(...given) {
      const added = given.filter(({ id }) => !messages.has(id))
      for (const message of given) messages.set(message.id, message)
      const last = added.at(-1)
      if (last === undefined) path = path.map((message) => messages.get(message.id) ?? message)
      else select(last.id)
    },
    select,
    remove(id) {
      messages.delete(id)
      arrange()
    },
    replacePath(given) {
      const before = new Set(ids)
      const replaced = new Map(given.map((message) => [message.id, message]))
      const next = new Map<string, ChatMessage>()
      const isThere = (id: string | null): boolean => id === null || replaced.has(id) || next.has(id)
      // In the old order, so that no branch changes its number.
      for (const [id, message] of messages) {
        const stays = replaced.get(id) ?? (!before.has(id) && isThere(message.parentId) ? message : undefined)
        if (stays !== undefined) next.set(id, stays)
      }
      messages = new Map([...next, ...replaced])
      select(given.at(-1)?.id ?? '')
    },
  }
}
