import { startProviderRun } from '../client/provider-run.ts'
import { systemClock, type Clock } from '../clock.ts'
import type { Chat, ChatOptions } from './chat.ts'
import { createServerChat } from './server-chat.ts'
import { createChatStore } from './store.ts'

/** Creates a chat. Nothing is sent, restored or joined before it is asked for. */
export function createChat<Metadata>(options: ChatOptions<Metadata>, clock?: Clock): Chat<Metadata>
export function createChat(options: ChatOptions, clock: Clock = systemClock): Chat {
  if (options.api !== undefined) return createServerChat(options, clock)
  const { baseURL, apiKey } = options
  return createChatStore(
    options,
    { start: (request, runId, observer) => startProviderRun({ baseURL, apiKey, ...request }, runId, observer, clock) },
    clock,
  )
}
