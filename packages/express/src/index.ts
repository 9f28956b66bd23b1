export { chatStream, type ChatStreamOptions, type ChatStreamRouter } from './chat-stream.ts'
export { openaiCompatible, type OpenAICompatibleOptions } from './openai-compatible.ts'
export {
  memoryStore,
  type ChatRequest,
  type ChatSource,
  type DisconnectPolicy,
  type Limits,
  type MemoryStoreOptions,
  type RunInfo,
  type RunStore,
  type SettledInfo,
  type SourceContext,
  type SourceItem,
} from '@sluice/core/server'
export { ChatStreamError, type ChatStreamErrorCode, type RunOutcome } from '@sluice/core'
