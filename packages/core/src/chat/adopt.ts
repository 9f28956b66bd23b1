import { isObject } from '../json.ts'
import { createRunId } from '../run/run-id.ts'
import { endOfRun, type RunObject } from '../run/run-object.ts'
import { messageOutcome, type MessageOutcome } from './message.ts'
import { questionMessage } from './question.ts'
import { partsOfContent } from './question-content.ts'
import type { MessageTree } from './tree.ts'

/** Brings a run that the server told of into the tree, unless it holds its ended answer already. */
export function adoptRun(tree: MessageTree, run: RunObject): void {
  const outcome = messageOutcome(endOfRun(run), run.message)
  const known = tree.get(run.message.id)
  if (known !== undefined) {
    if (known.role === 'assistant' && !isSettled(known.outcome)) tree.put({ ...known, ...run.message, outcome })
    return
  }
  const asked = run.parent === null ? undefined : tree.get(run.parent)
  // A failure without a word was tried again, and the chat has forgotten it.
  if (asked !== undefined && outcome?.status === 'failed' && run.message.parts.length === 0) return
  tree.put({ ...run.message, parentId: asked?.id ?? addQuestions(tree, run), outcome })
}

/** Whether the end of an answer is known for good: not while it is live, nor where this side left or gave up. */
export function isSettled(outcome: MessageOutcome | null): boolean {
  if (outcome === null || 'detached' in outcome) return false
  return !('error' in outcome) || !GIVEN_UP.has(outcome.error.code)
}

const GIVEN_UP: ReadonlySet<string> = new Set(['network', 'timeout', 'producer_lost'])

/** Adds the questions of a run behind what is shown. The last one is the message that the run's `parent` names. */
function addQuestions(tree: MessageTree, { input, parent }: RunObject): string | null {
  const questions = input.filter(isObject).filter(({ role }) => role === 'user' || role === 'system')
  questions.forEach(({ role, content }, i) => {
    const id = i === questions.length - 1 && parent !== null ? parent : createRunId()
    const place = { id, parentId: tree.ids.at(-1) ?? null, role: role === 'user' ? role : 'system' } as const
    tree.put(questionMessage({ parts: partsOfContent(content) }, place))
  })
  return tree.ids.at(-1) ?? null
}
