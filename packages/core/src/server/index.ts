// The server half: runs, the store that keeps them, sources that yield them, and routes that show them.
export { createRunServer, type Attached, type RunServer } from './runs.ts'
export type { RunInfo, RunServerOptions, SettledInfo } from './options.ts'
export type { Limits } from './limits.ts'
export type { DisconnectPolicy } from './presence.ts'
export type { StartRequest } from './request.ts'
export type { ChatRequest, ChatSource, SourceContext, SourceItem, SourceRun } from './source.ts'
export { openaiCompatible, type OpenAICompatibleOptions } from './openai-compatible.ts'
export { memoryStore, type MemoryStoreOptions } from './memory-store.ts'
export type {
  AppendResult,
  Claim,
  CreateResult,
  ProducerNews,
  ReadResult,
  RunEndRecord,
  RunKey,
  RunRecord,
  RunStore,
  StoredRun,
} from './store.ts'
export type { LogEvent } from './log.ts'
export type { Viewer } from './viewer.ts'
export type { Reply } from './reply.ts'
export { createFetchHandler, type FetchHandler, type FetchHandlerOptions } from './fetch-handler.ts'
export { createRoutes, type RouteRequest, type Routes, type RoutesOptions } from './routes.ts'
export { bodyTooLarge } from './fetch-body.ts'
