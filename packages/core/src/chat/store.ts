import { ChatStreamError, toChatStreamError } from '../errors.ts'
import type { ClientRun, RunObserver } from '../client/run.ts'
import type { Clock } from '../clock.ts'
import { outcomeError, type RunOutcome } from '../run/outcome.ts'
import { createRunId } from '../run/run-id.ts'
import type { RunObject } from '../run/run-object.ts'
import { chatStatus, isRunEnd, type ChatStatus, type RunState } from '../run/state.ts'
import { isSettled } from './adopt.ts'
import type {
  Chat,
  ChatActions,
  ChatSettings,
  ChatSetup,
  ChatSnapshot,
  NewMessage,
  RunTrigger,
  SendOptions,
  SendPolicy,
} from './chat.ts'
import { createLiveRuns } from './live-runs.ts'
import type { AnswerMessage, ChatMessage, QuestionMessage } from './message.ts'
import { notify } from './notify.ts'
import type { ChatPeer } from './peer.ts'
import { isBlank, questionMessage, reword } from './question.ts'
import { createSendQueue } from './queue.ts'
import { createReplays } from './replays.ts'
import { prepareRequest, requestsOf } from './request.ts'
import { createThread } from './thread.ts'
import { toolCalls } from './tool-calls.ts'
import { createToolLoop } from './tool-loop.ts'

/** The chat itself; `peer` is whom it talks to. */
export function createChatStore(options: ChatSettings & ChatSetup, peer: ChatPeer, clock: Clock): Chat {
  const { id = createRunId(), resume: resumes = false, stopOnUnmount = false } = options
  const thread = createThread(id, options, {
    isWatched: (messageId) => runs.byMessage.has(messageId),
    onError: (failure) => notify(settings.onError, failure),
  })
  const { tree } = thread
  const queue = createSendQueue()
  const replays = createReplays()
  const listeners = new Set<() => void>()
  const runs = createLiveRuns({ tree, clock, flush: options.flush ?? 50, publish })
  const tools = createToolLoop({
    tree,
    tool: () => settings.onToolCall,
    onOutput: changed,
    goOn: (message) => (isBusy() || tree.ids.at(-1) !== message.id ? undefined : ask(message, 'tool-output', {})),
  })
  let settings: ChatSettings = options
  let error: ChatStreamError | null = null
  let snapshot = takeSnapshot()
  const initial = snapshot
  let resuming: Promise<void> | undefined
  let mounts = 0
  // What has begun counts on until one of these has changed.
  let visits = 0
  let asked = 0

  function takeSnapshot(): ChatSnapshot {
    const runState = runs.state
    const { path: messages, ids: messageIds, branches } = tree
    const status = statusOf(runState, error)
    return { id, messages, messageIds, branches, status, runState, error, queue: queue.questions }
  }

  function publish(): void {
    runs.grow()
    snapshot = takeSnapshot()
    listeners.forEach((listener) => notify(listener))
  }

  const isBusy = (): boolean => runs.writing.length > 0

  /** @param isOurs whether this chat asked for the answer, and so sees to the tools that it calls */
  function watch(answer: AnswerMessage, isOurs: boolean, start: (observer: RunObserver) => ClientRun): ClientRun {
    const run = runs.watch(answer, start, (outcome, isNewest) => {
      const failure = outcomeError(outcome)
      if (isNewest) error = failure ?? null
      changed()
      if (!('detached' in outcome)) notify(settings.onFinish, outcome)
      if (failure !== undefined) notify(settings.onError, failure)
      if (outcome.status === 'completed') goOn(answer.id, isOurs)
    })
    error = null
    asked += 1
    changed()
    return run
  }

  function changed(): void {
    publish()
    void thread.save()
  }

  /** After a stop and after a broken end the queue waits for the next send. */
  function goOn(messageId: string, isOurs: boolean): void {
    const message = tree.get(messageId)
    if (message?.role === 'assistant' && toolCalls(message).length > 0) {
      if (isOurs) tools.call(message)
    } else if (!isBusy()) queue.sendNext()
  }

  /** Starts the run that answers `question`, which may be new. Nothing has changed if it throws. */
  function ask(question: ChatMessage, trigger: RunTrigger, given: SendOptions): Promise<RunOutcome> {
    const prepared = prepareRequest(settings, [...tree.pathTo(question.parentId), question], trigger, given)
    const answer: AnswerMessage = {
      id: createRunId(),
      parentId: question.id,
      role: 'assistant',
      parts: [],
      text: '',
      outcome: null,
    }
    const sluice = { thread: id, parent: question.id, message: answer.id }
    const request = { ...requestsOf(settings), ...prepared, body: { ...prepared.body, sluice } }
    const run = watch(answer, true, (observer) => {
      const started = peer.start(request, createRunId(), observer, clock)
      tree.put(question)
      return started
    })
    return run.outcome
  }

  /** Sees to it that there are never two writers. */
  function makeWay(policy: SendPolicy): void {
    if (!isBusy()) return
    if (policy === 'reject') throw invalid('An answer is still on its way. Stop it, or wait until it has ended.')
    for (const run of runs.writing) void run.cancel()
  }

  const policyOf = ({ sendPolicy }: SendOptions): SendPolicy => sendPolicy ?? settings.sendPolicy ?? 'queue'

  function resumeStream(): Promise<void> {
    if (resuming !== undefined) return resuming
    const begun = resume().finally(() => {
      if (resuming === begun) resuming = undefined
    })
    resuming = begun
    return begun
  }

  async function resume(): Promise<void> {
    const before = visits + asked
    try {
      await restore()
      if (isBusy()) return
      const found = await peer.rejoin?.find(id, requestsOf(settings))
      // Whoever sent meanwhile has gone on from what was known, and is not to be overtaken; who left joins nothing.
      if (visits + asked !== before) return
      if (found === undefined) thread.settleLeft()
      else thread.adopt(found)
      changed()
      for (const run of found?.toReversed() ?? []) join(run)
    } catch (cause) {
      const failure = toChatStreamError(cause, 'network', 'The chat could not be restored.')
      if (visits + asked === before) error = failure
      thread.settleLeft()
      publish()
      notify(settings.onError, failure)
    }
  }

  function join(found: RunObject): void {
    const answer = tree.get(found.message.id)
    const { rejoin } = peer
    if (answer?.role !== 'assistant' || answer.outcome !== null || rejoin === undefined) return
    if (runs.byMessage.has(answer.id)) return
    watch(answer, false, (observer) => rejoin.join(found, requestsOf(settings), observer, clock))
  }

  /** Saved over before it was read, the thread would be lost. */
  async function restore(): Promise<void> {
    if (thread.isRestored) return
    await thread.restore()
    if (!resumes) thread.settleLeft()
    publish()
  }

  function leave(): void {
    visits += 1
    resuming = undefined
    runs.byMessage.forEach((run) => run.detach())
  }

  async function send(message: NewMessage, given: SendOptions): Promise<RunOutcome> {
    if (!thread.isRestored) await restore()
    const question = { ...message, id: createRunId() }
    const build = (): QuestionMessage => newQuestion(message, question.id, tree.ids.at(-1) ?? null)
    build()
    const policy = policyOf(given)
    if (policy !== 'queue') makeWay(policy)
    if (!isBusy() && queue.questions.length === 0) return ask(build(), 'send', given)
    const sent = queue.add(question, async () => ask(build(), 'send', given))
    if (!isBusy()) queue.sendNext()
    publish()
    return sent
  }

  const actions: ChatActions = {
    sendMessage: (message, given = {}) => replays.once(message, () => send(message, given)),
    async regenerate({ messageId, ...given } = {}) {
      if (!thread.isRestored) await restore()
      const named = tree.get(messageId ?? tree.ids.at(-1) ?? '')
      const answer = named?.role === 'assistant' ? named : tree.path.find(({ parentId }) => parentId === named?.id)
      const question = named?.role === 'assistant' ? tree.get(named.parentId ?? '') : named
      if (question === undefined) throw invalid('There is no question that could be asked again.')
      if (answer?.role === 'assistant') {
        const had = await takeUp(answer)
        if (had !== undefined) return had
        makeWay(policyOf(given))
        // Nothing came of it, so there is nothing to go back to.
        if (tree.get(answer.id)?.parts.length === 0 && tree.ids.at(-1) === answer.id) tree.remove(answer.id)
      }
      makeWay(policyOf(given))
      return ask(question, 'regenerate', given)
    },
    async edit(messageId, message, given = {}) {
      if (!thread.isRestored) await restore()
      const known = tree.get(messageId)
      if (known === undefined || known.role === 'assistant') throw invalid('There is no such question.')
      const question = newQuestion(reword(known, message), createRunId(), known.parentId, known.role)
      makeWay(policyOf(given))
      return ask(question, 'edit', given)
    },
    async stop(reason) {
      tools.halt()
      await Promise.all(Array.from(runs.byMessage.values(), (run) => run.cancel(reason)))
    },
    detach: leave,
    resumeStream,
    clearError() {
      error = null
      publish()
    },
    setMessages(next) {
      thread.replacePath(typeof next === 'function' ? next(tree.path) : next)
      runs.byMessage.forEach((run, messageId) => tree.get(messageId) === undefined && void run.cancel())
      changed()
    },
    async addToolOutput({ toolCallId, output, messageId }) {
      if (!thread.isRestored) await restore()
      const message = tree
        .all()
        .filter((other) => other.role === 'assistant')
        .findLast(
          (other) => (messageId ?? other.id) === other.id && toolCalls(other).some((call) => call.id === toolCallId),
        )
      if (message === undefined) throw invalid('There is no such tool call.')
      return tools.answer(message, toolCallId, output)
    },
    selectBranch(messageId) {
      tree.select(messageId)
      changed()
    },
    cancelQueued(questionId) {
      queue.remove(questionId)
      publish()
    },
  }

  /** An answer that this side gave up, as the server has it: it may be whole by now, or still be on its way. */
  async function takeUp({ id: messageId, outcome }: AnswerMessage): Promise<RunOutcome | undefined> {
    if (outcome === null || isSettled(outcome) || peer.rejoin === undefined) return undefined
    await resumeStream()
    const message = tree.get(messageId)
    if (message?.role !== 'assistant' || message.outcome?.status !== 'completed')
      return runs.byMessage.get(messageId)?.outcome
    return { ...message.outcome, message }
  }

  return {
    ...actions,
    id,
    getSnapshot: () => snapshot,
    getInitialSnapshot: () => initial,
    getMessage: tree.get,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    configure(next) {
      settings = next
    },
    mount() {
      mounts += 1
      replays.mounted()
      if (mounts === 1) void (resumes ? resumeStream() : restore())
      let mounted = true
      return () => {
        if (!mounted) return
        mounted = false
        mounts -= 1
        // React's StrictMode unmounts and mounts again in one task; only a chat that stays unmounted is left.
        queueMicrotask(() => mounts === 0 && (stopOnUnmount ? void actions.stop() : leave()))
      }
    },
  }
}

/** Throws for a question that asks nothing. */
function newQuestion(
  message: NewMessage,
  id: string,
  parentId: string | null,
  role: QuestionMessage['role'] = 'user',
): QuestionMessage {
  const question = questionMessage(message, { id, parentId, role })
  if (isBlank(question)) throw invalid('Expected a message with some text, or a file.')
  return question
}

function invalid(message: string): ChatStreamError {
  return new ChatStreamError('invalid_request', message)
}

function statusOf(runState: RunState | null, error: ChatStreamError | null): ChatStatus {
  if (runState !== null && !isRunEnd(runState)) return chatStatus(runState)
  // An error that was cleared, or a viewer that left, leaves a chat that is ready for the next question.
  return error === null ? 'ready' : 'error'
}
