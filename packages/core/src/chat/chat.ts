import type { ChatStreamError } from '../errors.ts'
import type { RequestMessage, Timeouts } from '../client/options.ts'
import type { Fetch } from '../http/send.ts'
import type { RunOutcome } from '../run/outcome.ts'
import type { ChatStatus, RunState } from '../run/state.ts'
import type { ChatMessage, FilePart, InputMessage, ToolCall } from './message.ts'
import type { Awaitable, ChatPersistence } from './persistence.ts'

/** Fields by name: of a request's body, or its headers. */
type Fields<Value> = Readonly<Record<string, Value>>

/** To a Sluice server: a reload rejoins, and a stop is confirmed. */
export interface ServerPeerOptions {
  /** Where the server's middleware is mounted, e.g. `/v1`. */
  readonly api: string
  readonly baseURL?: never
  readonly apiKey?: never
}

/** Straight to a provider: nothing can be rejoined, and the key is readable by whoever has the page. */
export interface ProviderPeerOptions {
  /** E.g. `http://localhost:11434/v1`. */
  readonly baseURL: string
  readonly apiKey?: string
  readonly api?: never
}

/**
 * What becomes of a send while an answer is on its way. `queue`: it waits in `queue` until that answer has completed ·
 * `replace`: that answer is stopped, and the question sent at once · `reject`: `sendMessage` rejects with
 * `invalid_request`. While `cancelling` nothing is on its way any more: a send starts at once, whatever the policy.
 */
export type SendPolicy = 'queue' | 'replace' | 'reject'

/** What one run asks for, after the chat's own options were applied. */
export interface ChatRequest {
  readonly model: string
  /** The selected branch, as OpenAI's API takes it. */
  readonly messages: readonly RequestMessage[]
  /** All other fields of the body but `stream` and `sluice`, which are the chat's own. */
  readonly body: Fields<unknown>
}

/** Why a run is started. */
export type RunTrigger = 'send' | 'regenerate' | 'edit' | 'tool-output'

/** What may change while a chat lives; see `configure`. */
export interface ChatSettings {
  readonly model: string
  /** Of every request, rejoins and cancels too. A function is called for each of them, so that a token may be renewed. */
  readonly headers?: Fields<string> | (() => Awaitable<Fields<string>>)
  /** More fields of every request body, e.g. `temperature`; a function is called once for each run. */
  readonly body?: Fields<unknown> | (() => Fields<unknown>)
  /** Default `globalThis.fetch`. */
  readonly fetch?: Fetch
  /** In ms; see `streamChat`. */
  readonly timeouts?: Partial<Timeouts>
  /** How often a refused start is sent again, where no second bill can arise; see `streamChat`. Default 2. */
  readonly maxRetries?: number
  /** Has the last word on what is asked: may cut the history, or add a system message. What it throws, the send rejects with. */
  readonly prepareRequest?: (request: ChatRequest, trigger: RunTrigger) => ChatRequest
  /** Default `queue`. */
  readonly sendPolicy?: SendPolicy
  /**
   * Called once for each call of an answer that this chat asked for and that completed; never for a restored or a
   * rejoined one. What it returns, or resolves to, is the call's output, unless that is `undefined`: then the call waits
   * for `addToolOutput`, as it does when this throws.
   */
  readonly onToolCall?: (call: ToolCall, messageId: string) => unknown
  /** Called exactly once for each run that this chat watched to its end; never for one that it left. */
  readonly onFinish?: (outcome: RunOutcome) => void
  /** Called for each error of a run, of a restore and of a save; after `onFinish`, if both are. */
  readonly onError?: (error: ChatStreamError) => void
}

/** What is read once, when the chat is created. */
export interface ChatSetup<Metadata = unknown> {
  /** The thread's id, by which a reload finds the chat again. Default a fresh one. */
  readonly id?: string
  /** Read as one branch, oldest first, unless their `parentId`s say otherwise. Default none. */
  readonly initialMessages?: readonly InputMessage[]
  /** Whether `mount` asks the server for the thread and rejoins its running answers. Needs `api`. Default false. */
  readonly resume?: boolean
  /** Where messages live between visits; `mount` restores them. Default nowhere. */
  readonly persistence?: ChatPersistence
  /**
   * When a growing answer is published: the first delta and every end at once, all else at the first frame after this
   * many ms, or at every frame. Default 50.
   */
  readonly flush?: number | 'frame'
  /** Whether the last unmount stops the running answer instead of leaving it. Default false. */
  readonly stopOnUnmount?: boolean
  /** Checks the metadata of given and restored messages, which gives it its type. What it throws at is dropped. */
  readonly readMetadata?: (value: unknown) => Metadata
}

export type ServerChatOptions<Metadata = unknown> = ServerPeerOptions & ChatSettings & ChatSetup<Metadata>

export type ChatOptions<Metadata = unknown> = (ServerPeerOptions | ProviderPeerOptions) &
  ChatSettings &
  ChatSetup<Metadata>

/** A question: some text, or files, or both; or `parts` in an order of one's own. */
export interface NewMessage<Metadata = unknown> {
  readonly text?: string
  /** See `readFiles`, which makes them of what a file input gives. They stand before the text. */
  readonly files?: readonly FilePart[]
  /** In place of `text` and `files`. */
  readonly parts?: readonly (FilePart | { readonly type: 'text'; readonly text: string })[]
  /** The app's own, kept with the message and never sent. A JSON value, if the chat is persistent. */
  readonly metadata?: Metadata
}

/** Of one send. */
export interface SendOptions {
  /** In place of the chat's own. */
  readonly sendPolicy?: SendPolicy
  /** Added to the chat's own `body`. */
  readonly body?: Fields<unknown>
}

/** A question that waits for its turn. */
export interface QueuedMessage<Metadata = unknown> extends NewMessage<Metadata> {
  readonly id: string
}

/** What a UI shows. Immutable; the same object until something changes, and unchanged messages are the same objects. */
export interface ChatSnapshot<Metadata = unknown> {
  readonly id: string
  /** The selected branch, oldest first. */
  readonly messages: readonly ChatMessage<Metadata>[]
  /** Their ids: the same array for as long as no message comes or goes, however much one grows. */
  readonly messageIds: readonly string[]
  /** The words that chat UIs share, derived from `runState`. */
  readonly status: ChatStatus
  /** The exact state of the newest run; `null` before the first. */
  readonly runState: RunState | null
  readonly error: ChatStreamError | null
  /** Questions that wait until the running answer has completed, next first. Not saved. */
  readonly queue: readonly QueuedMessage<Metadata>[]
  /**
   * The ids of a message and of its alternatives (other answers to one question, other wordings of one), oldest first;
   * `selectBranch` goes from one to the other. Another function as soon as one of them comes or goes.
   */
  readonly branches: (messageId: string) => readonly string[]
}

/** What a UI can do. None of it depends on `this`, so that each can be passed on. */
export interface ChatActions<Metadata = unknown> {
  /**
   * Sends a question, which is shown at once. Resolves with the outcome of its answer; a failed answer resolves too, as
   * does a question that was taken back from the queue (`cancelled`, `not-started`).
   *
   * @throws {ChatStreamError} `invalid_request` if nothing is asked, or if the policy is `reject` and an answer is on its way
   */
  sendMessage(message: NewMessage<Metadata>, options?: SendOptions): Promise<RunOutcome>
  /**
   * Asks again for an answer, as another branch: for the one that is named (or that the named question has selected), else
   * for the last. A running answer is stopped. Where this chat gave up an answer that the server may still have (`network`,
   * `timeout`), the server is asked for it first: no second bill for what was there already.
   *
   * @throws {ChatStreamError} `invalid_request` if there is no such message
   */
  regenerate(options?: { readonly messageId?: string } & SendOptions): Promise<RunOutcome>
  /**
   * Asks a question in other words, as another branch. Its files and metadata stay, unless others are given. A running
   * answer is stopped.
   *
   * @throws {ChatStreamError} `invalid_request` if there is no such question, or nothing is asked
   */
  edit(messageId: string, message: NewMessage<Metadata>, options?: SendOptions): Promise<RunOutcome>
  /**
   * Stops every running answer of this chat for everybody. The text is frozen when this returns; resolves when the stop is
   * confirmed. The queue waits until the next send. The `reason` goes to the `AbortSignal` of the requests.
   */
  stop(reason?: unknown): Promise<void>
  /** Leaves the running answers without stopping them. */
  detach(): void
  /** Restores the thread and rejoins its running answers, as a mount with `resume: true` does. Never rejects. */
  resumeStream(): Promise<void>
  /** Makes `error` `null`. */
  clearError(): void
  /**
   * Puts other messages in the place of the selected branch, in their order. Other branches stay where what they branch
   * off from stays. An answer that is taken out while it is running is stopped.
   */
  setMessages(
    messages: readonly InputMessage[] | ((messages: readonly ChatMessage<Metadata>[]) => readonly InputMessage[]),
  ): void
  /**
   * Answers a tool call: a string as it is, anything else as JSON. When each call of the last message has its output, the
   * chat asks the model to go on; the outcome is that of the new run, or `undefined` while calls are open. A second output
   * of one call is ignored.
   */
  addToolOutput(answer: {
    readonly toolCallId: string
    readonly output: unknown
    /** Whose call it is, where two answers use one id. Default the newest that has it. */
    readonly messageId?: string
  }): Promise<RunOutcome | undefined>
  /** Shows the branch that a message is on, down to the message that was last shown there. */
  selectBranch(messageId: string): void
  /** Takes a question back that is not sent yet. */
  cancelQueued(id: string): void
}

/** A chat that any UI can bind: `subscribe` and `getSnapshot` are what React's `useSyncExternalStore` takes. */
export interface Chat<Metadata = unknown> extends ChatActions<Metadata> {
  readonly id: string
  getSnapshot(): ChatSnapshot<Metadata>
  /** What there was before anything happened: for rendering on a server, and for hydrating that. */
  getInitialSnapshot(): ChatSnapshot<Metadata>
  /** One message of any branch. The same object until it changes. */
  getMessage(id: string): ChatMessage<Metadata> | undefined
  subscribe(listener: () => void): () => void
  /** Other settings from the next send on; the callbacks count at once. What is left out is unset. */
  configure(settings: ChatSettings): void
  /** Tells that a UI shows this chat. After the last `unmount` the chat leaves its run, without stopping it. */
  mount(): () => void
}
