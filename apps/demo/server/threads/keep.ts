import type { ChatRequest, ChatStreamOptions, RunInfo } from '@sluice/express'
import { readPageFields } from '../page-fields.ts'
import { questionParts, textOf, toolOutputs } from './request-message.ts'
import { isThreadId } from './thread-id.ts'
import type { SavedMessage } from './saved-message.ts'
import type { ThreadStore } from './thread-store.ts'

/**
 * Saves each question before its answer is asked for, and each answer when it has ended, watched or not. A run that names
 * no thread, or a strange one, as those of other OpenAI clients, is nobody's conversation.
 */
export function keepThreads(threads: ThreadStore): Required<Pick<ChatStreamOptions, 'onStart' | 'onSettled'>> {
  return {
    async onStart(run) {
      const { thread, parent, messageId } = run
      if (thread === null || parent === null || !isThreadId(thread)) return
      const outputs = toolOutputs(run.request)
      if (outputs.size > 0) await saveToolOutputs(threads, thread, parent, outputs)
      else await threads.saveQuestion(thread, questionOf(run, parent))
      // In place already when a page asks for the conversation before this run has ended.
      await threads.saveMessage(thread, {
        id: messageId,
        role: 'assistant',
        text: '',
        parts: [],
        parentId: parent,
        outcome: null,
      })
    },
    async onSettled({ message, ...outcome }, { thread, parent }) {
      if (thread === null || parent === null || !isThreadId(thread)) return
      await threads.saveMessage(thread, { ...message, parentId: parent, outcome })
    },
  }
}

function questionOf({ request }: RunInfo, id: string): SavedMessage {
  const asked = lastMessage(request)
  return {
    id,
    role: 'user',
    text: textOf(asked),
    parts: questionParts(asked),
    parentId: readPageFields(request).before,
  }
}

function lastMessage({ messages }: ChatRequest): unknown {
  return messages.at(-1)
}

async function saveToolOutputs(
  threads: ThreadStore,
  thread: string,
  id: string,
  outputs: ReadonlyMap<string, string>,
): Promise<void> {
  const answer = (await threads.messages(thread))?.find((message) => message.id === id)
  if (answer === undefined) return
  const parts = answer.parts.map((part) => {
    const output = outputs.get(Object(part).id)
    return output === undefined ? part : { ...Object(part), output }
  })
  await threads.saveMessage(thread, { ...answer, parts })
}
