// Names in the order of the pipeline: chunks -> message -> run -> client -> chat. Bytes are in `@sluice/core/sse`.
export { ChatStreamError, type ChatStreamErrorCode, type ChatStreamErrorFacts } from './errors.ts'
export type { ChatChunk, ChatDelta, ToolCallDelta } from './message/chunk.ts'
export type { AssistantMessage, AssistantPart, ReasoningPart, TextPart, ToolCallPart } from './message/message.ts'
export type { Usage } from './message/usage.ts'
export {
  chatStatus,
  RUN_EVENTS,
  RUN_STATES,
  transition,
  type ChatStatus,
  type RunEnd,
  type RunEvent,
  type RunState,
} from './run/state.ts'
export type { Cancellation, RunOutcome } from './run/outcome.ts'
export { cancellationSupport, type CancellationSupport } from './run/billing.ts'
export type { SluiceRequest } from './run/wire.ts'
export type { Fetch } from './http/send.ts'
export type {
  ProviderRunOptions,
  RequestMessage,
  ServerRunOptions,
  StreamChatOptions,
  Timeouts,
} from './client/options.ts'
export { streamChat, type ChatRun } from './client/stream-chat.ts'
export type { AnswerMessage, ChatMessage, MessageOutcome, QuestionMessage } from './chat/message.ts'
export { memoryPersistence, storagePersistence, type ChatPersistence } from './chat/persistence.ts'
export type { Chat, ChatOptions, ChatSettings, ChatSnapshot } from './chat/chat.ts'
export { createChat } from './chat/store.ts'
