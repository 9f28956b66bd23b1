import { ChatStreamError } from '../errors.ts'
import { UNKNOWN_USAGE } from '../message/usage.ts'
import type { RunObject } from '../run/run-object.ts'
import { adoptRun } from './adopt.ts'
import type { ChatSetup } from './chat.ts'
import { readInput, type AnswerMessage, type ChatMessage, type InputMessage } from './message.ts'
import { createMessageTree, type MessageTree } from './tree.ts'

/** The messages of a chat, and where they are kept between visits. */
export interface Thread {
  readonly tree: MessageTree
  readonly isRestored: boolean
  /** Reads what was saved, once, and puts it into the tree. Never rejects. */
  restore(): Promise<void>
  /** Never rejects. */
  save(): Promise<void>
  /** Puts the app's own messages in the place of the path. What was saved no longer counts. */
  replacePath(messages: readonly InputMessage[]): void
  /** Brings in what the server knows, newest first, and gives the answers that it does not know an end. */
  adopt(runs: readonly RunObject[]): void
  /** Takes the saved answers whose end nobody saw for ones that were left. */
  settleLeft(): void
}

export interface ThreadWatch {
  /** Whether an answer is live here, so that its run tells its end. */
  readonly isWatched: (messageId: string) => boolean
  /** Told of a save or a restore that failed, neither of which is fatal. */
  readonly onError: (error: ChatStreamError) => void
}

export function createThread(id: string, setup: ChatSetup, { isWatched, onError }: ThreadWatch): Thread {
  const { persistence, initialMessages = [], readMetadata } = setup
  const tree = createMessageTree(readAll(initialMessages))
  let isRestored = persistence === undefined || initialMessages.length > 0

  function read(input: InputMessage, parentId: string | null): ChatMessage {
    const known = tree.get(input.id)
    return known === input && known.parentId === parentId ? known : readInput(input, parentId, metadataOf(input))
  }

  function metadataOf({ metadata }: InputMessage): unknown {
    try {
      return metadata === undefined || readMetadata === undefined ? metadata : readMetadata(metadata)
    } catch {
      return undefined // another version of the app may have saved it
    }
  }

  /** Where a parent is not told, or is not there, it is the message before. */
  function readAll(inputs: readonly InputMessage[]): readonly ChatMessage[] {
    const ids = new Set<string | null | undefined>(inputs.map((input) => input.id)).add(null)
    return inputs.map((input, i) => {
      const { parentId } = input
      const before = inputs[i - 1]?.id ?? null
      return readInput(input, parentId !== undefined && ids.has(parentId) ? parentId : before, metadataOf(input))
    })
  }

  function settle(messages: readonly AnswerMessage[], error?: ChatStreamError): void {
    const facts = { status: 'incomplete', finishReason: null, usage: UNKNOWN_USAGE, skippedChunks: 0 } as const
    const end = error === undefined ? ({ ...facts, detached: true } as const) : { ...facts, error }
    tree.put(...messages.map((message) => ({ ...message, outcome: end })))
  }

  /** The answers whose end this side did not see, and will not. */
  function leftAnswers(): readonly AnswerMessage[] {
    return tree
      .all()
      .filter((message) => message.role === 'assistant')
      .filter((message) => !isWatched(message.id) && (message.outcome === null || 'detached' in message.outcome))
  }

  function failed(message: string, cause: unknown): void {
    onError(new ChatStreamError('invalid_request', message, { cause }))
  }

  return {
    tree,
    get isRestored() {
      return isRestored
    },
    async restore() {
      if (isRestored) return
      try {
        const saved = await persistence?.load(id)
        if (isRestored || saved === undefined) return
        tree.put(...readAll(saved.messages))
        if (saved.selected !== null) tree.select(saved.selected)
      } catch (cause) {
        failed('The saved chat could not be read in this browser.', cause)
      } finally {
        isRestored = true
      }
    },
    async save() {
      try {
        await persistence?.save(id, { messages: tree.all(), selected: tree.ids.at(-1) ?? null })
      } catch (cause) {
        failed('The chat could not be saved in this browser.', cause)
      }
    },
    replacePath(inputs) {
      isRestored = true
      tree.replacePath(inputs.map((input, i) => read(input, inputs[i - 1]?.id ?? null)))
    },
    adopt(runs) {
      for (const run of runs.toReversed()) if (!isWatched(run.message.id)) adoptRun(tree, run)
      const known = new Set(runs.map(({ message }) => message.id))
      const lost = 'The server no longer knows this answer; what came of it is here.'
      settle(
        leftAnswers().filter((message) => !known.has(message.id)),
        new ChatStreamError('producer_lost', lost),
      )
    },
    settleLeft: () => settle(leftAnswers().filter(({ outcome }) => outcome === null)),
  }
}
