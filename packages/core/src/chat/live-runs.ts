import type { ClientRun, RunObserver } from '../client/run.ts'
import type { Clock } from '../clock.ts'
import type { RunOutcome } from '../run/outcome.ts'
import { isRunEnd, type RunState } from '../run/state.ts'
import { createFlush } from './flush.ts'
import type { AnswerMessage } from './message.ts'
import type { MessageTree } from './tree.ts'

/** The answers on their way, which grow in the tree. */
export interface LiveRuns {
  /** That of the newest run; `null` before the first. */
  readonly state: RunState | null
  /** All but those that are being cancelled: whoever sends now would be a second writer. */
  readonly writing: readonly ClientRun[]
  readonly byMessage: ReadonlyMap<string, ClientRun>
  /** Brings what has come into the tree. */
  grow(): void
  /** @param onEnd told once, when the ended answer is in the tree; `isNewest` before another run takes that place */
  watch(
    answer: AnswerMessage,
    start: (observer: RunObserver) => ClientRun,
    onEnd: (outcome: RunOutcome, isNewest: boolean) => void,
  ): ClientRun
}

export interface LiveRunsOptions {
  readonly tree: MessageTree
  readonly clock: Clock
  /** See `ChatSetup`. */
  readonly flush: number | 'frame'
  /** Called where a state has changed, and where it is time for what has grown. */
  readonly publish: () => void
}

export function createLiveRuns({ tree, clock, flush: ms, publish }: LiveRunsOptions): LiveRuns {
  const runs = new Map<string, ClientRun>()
  const grown = new Set<string>()
  const flush = createFlush(clock, ms, () => grown.size > 0 && publish())
  let newest: ClientRun | undefined

  function put(messageId: string, change: Partial<AnswerMessage>): void {
    const known = tree.get(messageId)
    if (known?.role === 'assistant') tree.put({ ...known, ...change })
  }

  function writing(): readonly ClientRun[] {
    return [...runs.values()].filter(({ state }) => state !== 'cancelling')
  }

  return {
    get state() {
      return newest?.state ?? null
    },
    get writing() {
      return writing()
    },
    byMessage: runs,
    grow() {
      for (const messageId of grown) put(messageId, runs.get(messageId)?.message() ?? {})
      grown.clear()
    },
    watch(answer, start, onEnd) {
      const { id } = answer
      const run: ClientRun = start({
        onDelta() {
          grown.add(id)
          flush.request()
        },
        onState(state) {
          flush.drop()
          if (!isRunEnd(state)) publish()
        },
        onEnd(outcome) {
          const { message, ...facts } = outcome
          const isNewest = run === newest
          runs.delete(id)
          grown.delete(id)
          put(id, { ...message, outcome: facts })
          if (isNewest) newest = writing().at(-1) ?? run
          onEnd(outcome, isNewest)
        },
      })
      runs.set(id, run)
      newest = run
      tree.put(answer)
      tree.select(id)
      return run
    },
  }
}
