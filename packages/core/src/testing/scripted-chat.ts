import { setTimeout as sleep } from 'node:timers/promises'
import { createServerChat } from '../chat/server-chat.ts'
import type { Chat, ServerChatOptions } from '../chat/chat.ts'
import { startSluiceServer, type SluiceServer } from './sluice-server.ts'

/** What a model does when it is asked: says pieces of text, and makes calls of tools. */
export interface Turn {
  readonly says?: readonly string[]
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** Between two pieces, in ms. Default 1. */
  readonly paceMs?: number
  /** Thrown after the last piece. */
  readonly fails?: Error
}

/** A Sluice server whose model follows a script: each request takes the next turn, and the last one again and again. */
export interface ScriptedServer extends SluiceServer {
  /** The body of each request that the model got. */
  readonly asked: readonly Readonly<Record<string, unknown>>[]
  chat(options?: Partial<Omit<ServerChatOptions, 'api'>>): Chat
}

export async function startScriptedServer(...turns: readonly Turn[]): Promise<ScriptedServer> {
  const asked: Readonly<Record<string, unknown>>[] = []
  const server = await startSluiceServer({
    async *source(request, { signal }) {
      asked.push({ ...request })
      const { says = [], calls = [], paceMs = 1, fails } = turns[asked.length - 1] ?? turns.at(-1) ?? {}
      for (const piece of says) {
        await sleep(paceMs, undefined, { signal })
        yield piece
      }
      if (fails !== undefined) throw fails
      if (calls.length === 0) return
      const toolCalls = calls.map(({ id, ...fn }, index) => ({ index, id, type: 'function', function: fn }))
      yield { choices: [{ index: 0, delta: { tool_calls: toolCalls }, finish_reason: 'tool_calls' }] }
    },
  })
  return {
    ...server,
    asked,
    chat: (options) => createServerChat({ api: server.api, model: 'any', id: 'thread', flush: 5, ...options }),
  }
}
