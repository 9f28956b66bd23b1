import { ChatStreamError, toChatStreamError } from '../errors.ts'
import { startChatRun } from '../client/stream-chat.ts'
import type { StreamChatOptions } from '../client/options.ts'
import type { ClientRun, RunObserver } from '../client/run.ts'
import { systemClock, type Clock } from '../run/clock.ts'
import { outcomeError, type RunOutcome } from '../run/outcome.ts'
import { createRunId } from '../run/run-id.ts'
import { chatStatus, isRunEnd, type ChatStatus, type RunState } from '../run/state.ts'
import type { Chat, ChatOptions, ChatSettings, ChatSnapshot, PeerOptions } from './chat.ts'
import { createFlush } from './flush.ts'
import { questionMessage, requestMessages, type AnswerMessage, type ChatMessage } from './message.ts'
import { notify } from './notify.ts'
import { findRuns, type FoundRun } from './resume.ts'

/** Creates a chat. Nothing is sent, restored or joined before it is asked for. */
export function createChat(options: ChatOptions, clock: Clock = systemClock): Chat {
  const id = options.id ?? createRunId()
  const listeners = new Set<() => void>()
  const initial: ChatSnapshot = {
    id,
    messages: options.initialMessages ?? [],
    status: 'ready',
    runState: null,
    error: null,
  }
  let settings: ChatSettings = options
  let snapshot = initial
  let run: ClientRun | undefined
  let resuming: Promise<void> | undefined
  let isRestored = options.persistence === undefined || initial.messages.length > 0
  let mounts = 0
  let visit = 0
  const flush = createFlush(clock, options.flush ?? 50, () => publish({ messages: withLiveMessage() }))

  function publish(change: Partial<Omit<ChatSnapshot, 'id' | 'status'>>): void {
    const next = { ...snapshot, ...change }
    snapshot = { ...next, status: statusOf(next) }
    listeners.forEach((listener) => notify(listener))
  }

  function isBusy(): boolean {
    return run !== undefined && !isRunEnd(run.state) && run.state !== 'cancelling'
  }

  function withLiveMessage(): readonly ChatMessage[] {
    if (run === undefined) return snapshot.messages
    return replaceMessage({ ...run.message(), outcome: null })
  }

  function replaceMessage(message: AnswerMessage): readonly ChatMessage[] {
    return snapshot.messages.map((other) => (other.id === message.id ? message : other))
  }

  function save(): void {
    const failed = (cause: unknown): void => {
      const error = new ChatStreamError('invalid_request', 'The chat could not be saved in this browser.', { cause })
      notify(settings.onError, error)
    }
    try {
      Promise.resolve(options.persistence?.save(id, snapshot.messages)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Watches a run to its end, with its live message the last of `messages`. */
  function watch(messages: readonly ChatMessage[], start: (observer: RunObserver) => ClientRun): ClientRun {
    const started: ClientRun = start({
      onDelta: () => run === started && flush.request(),
      onState: (state) => run === started && onState(state),
      onEnd: (outcome) => onEnd(started, outcome),
    })
    run = started
    publish({ messages, runState: started.state, error: null })
    save()
    return started
  }

  function onState(state: RunState): void {
    flush.drop()
    if (!isRunEnd(state)) publish({ messages: withLiveMessage(), runState: state })
  }

  function onEnd(ended: ClientRun, outcome: RunOutcome): void {
    const { message, ...facts } = outcome
    const messages = replaceMessage({ ...message, outcome: facts })
    const error = outcomeError(outcome) ?? null
    if (run === ended) publish({ messages, runState: ended.state, error })
    else publish({ messages })
    save()
    notify(settings.onFinish, outcome)
    if (error !== null) notify(settings.onError, error)
  }

  async function sendMessage({ text }: { readonly text: string }): Promise<RunOutcome> {
    if (text.trim() === '') throw new ChatStreamError('invalid_request', 'Expected a message with some text.')
    // Saved over before it was read, the thread would be lost.
    if (!isRestored) await restore()
    if (isBusy()) {
      throw new ChatStreamError(
        'invalid_request',
        'An answer is still on its way. Stop it, or wait until it has ended.',
      )
    }
    const question = questionMessage('user', createRunId(), text)
    const answer: AnswerMessage = { id: createRunId(), role: 'assistant', parts: [], text: '', outcome: null }
    const messages = [...snapshot.messages, question]
    const { model, headers = {}, fetch } = settings
    const request: StreamChatOptions = {
      ...peerOf(options),
      model,
      headers,
      ...(fetch !== undefined && { fetch }),
      messages: requestMessages(messages),
      body: { ...settings.body, sluice: { thread: id, parent: question.id, message: answer.id } },
    }
    const started = watch([...messages, answer], (observer) => startChatRun(request, createRunId(), observer, clock))
    return started.outcome
  }

  function resumeStream(): Promise<void> {
    if (resuming !== undefined) return resuming
    const begun = resume().finally(() => {
      if (resuming === begun) resuming = undefined
    })
    resuming = begun
    return begun
  }

  function leave(): void {
    visit += 1
    resuming = undefined
    run?.detach()
  }

  async function resume(): Promise<void> {
    const begunIn = visit
    if (isBusy()) return
    try {
      const known = await restore()
      if (options.api === undefined) return
      const found = await findRuns(options.api, id, known, settings)
      // Whoever sent meanwhile has gone on from what was known, and is not to be overtaken; who left joins nothing.
      if (snapshot.messages === known && visit === begunIn) adopt(found)
    } catch (cause) {
      const error = toChatStreamError(cause, 'network', 'The chat could not be restored.')
      publish({ error })
      notify(settings.onError, error)
    }
  }

  /** Shows at once what was saved, and returns what is known then. */
  async function restore(): Promise<readonly ChatMessage[]> {
    if (isRestored) return snapshot.messages
    const saved = await load()
    if (!isRestored && saved !== undefined) publish({ messages: saved })
    isRestored = true
    return snapshot.messages
  }

  /** What was saved, if it can be read: where it cannot, the server may still know the thread. */
  async function load(): Promise<readonly ChatMessage[] | undefined> {
    try {
      return await options.persistence?.load(id)
    } catch (cause) {
      const message = 'The saved chat could not be read in this browser.'
      notify(settings.onError, new ChatStreamError('invalid_request', message, { cause }))
      return undefined
    }
  }

  function adopt({ messages, join }: FoundRun): void {
    if (join === undefined) publish({ messages })
    else watch(messages, (observer) => join(observer, clock))
  }

  return {
    id,
    getSnapshot: () => snapshot,
    getInitialSnapshot: () => initial,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    sendMessage,
    async stop() {
      await run?.cancel()
    },
    detach: leave,
    resumeStream,
    clearError: () => publish({ error: null }),
    configure(next) {
      settings = next
    },
    mount() {
      mounts += 1
      if (mounts === 1 && options.resume === true) void resumeStream()
      let mounted = true
      return () => {
        if (!mounted) return
        mounted = false
        mounts -= 1
        // React's StrictMode unmounts and mounts again in one task; only a chat that stays unmounted is left.
        queueMicrotask(() => mounts === 0 && leave())
      }
    },
  }
}

function statusOf({ runState, error }: Omit<ChatSnapshot, 'status'>): ChatStatus {
  if (runState !== null && !isRunEnd(runState)) return chatStatus(runState)
  // An error that was cleared, or a viewer that left, leaves a chat that is ready for the next question.
  return error === null ? 'ready' : 'error'
}

function peerOf(options: ChatOptions): PeerOptions {
  if (options.api !== undefined) return { api: options.api }
  return { baseURL: options.baseURL, ...(options.apiKey !== undefined && { apiKey: options.apiKey }) }
}
