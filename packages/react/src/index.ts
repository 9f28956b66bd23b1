'use client'

export { useChatStream, type UseChatStream, type UseChatStreamOptions } from './use-chat-stream.ts'
export {
  ChatStreamError,
  createChat,
  memoryPersistence,
  storagePersistence,
  type AnswerMessage,
  type Chat,
  type ChatMessage,
  type ChatOptions,
  type ChatPersistence,
  type ChatSnapshot,
  type ChatStatus,
  type ChatStreamErrorCode,
  type MessageOutcome,
  type QuestionMessage,
  type RunOutcome,
  type RunState,
} from '@sluice/core'
