// Names in the order of the pipeline: chunks -> message -> run -> client -> chat. Bytes are in `@sluice/core/sse`.
export { ChatStreamError, type ChatStreamErrorCode, type ChatStreamErrorFacts } from './errors.ts'
export type { ChatChunk, ChatDelta, ToolCallDelta } from './message/chunk.ts'
export { textPart } from './message/text-part.ts'
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
export type { ByteRead, ByteReader, ByteStream, FetchResponse } from './http/fetch-response.ts'
export type {
  ProviderRunOptions,
  RequestMessage,
  ServerRunOptions,
  StreamChatOptions,
  Timeouts,
} from './client/options.ts'
export { streamChat, type ChatRun } from './client/stream-chat.ts'
export type {
  AnswerMessage,
  AnswerPart,
  ChatMessage,
  FilePart,
  InputMessage,
  MessageOutcome,
  QuestionMessage,
  QuestionPart,
  ToolCall,
} from './chat/message.ts'
export { partsOfContent } from './chat/question-content.ts'
export {
  keyValuePersistence,
  memoryPersistence,
  storagePersistence,
  type ChatPersistence,
  type KeyValueStore,
  type SavedChat,
} from './chat/persistence.ts'
export { readFiles } from './chat/files.ts'
export type {
  Chat,
  ChatActions,
  ChatOptions,
  ChatRequest,
  ChatSettings,
  ChatSetup,
  ChatSnapshot,
  NewMessage,
  ProviderPeerOptions,
  QueuedMessage,
  RunTrigger,
  SendOptions,
  SendPolicy,
  ServerChatOptions,
  ServerPeerOptions,
} from './chat/chat.ts'
export { createChat } from './chat/create-chat.ts'
export { createServerChat } from './chat/server-chat.ts'
