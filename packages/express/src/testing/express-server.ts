import { createServer, type RequestListener } from 'node:http'
import { listen, routesOptions, type StartServer } from '@sluice/contract'
import type { Request } from 'express'
import { chatStream, openaiCompatible, type ChatStreamRouter } from '../index.ts'

/** Starts an app that has the middleware somewhere in it, by default at `/v1`. */
export function startExpress(build: (chat: ChatStreamRouter) => RequestListener, path = '/v1'): StartServer {
  return async (options) => {
    const chat = chatStream(routesOptions<Request>(options, openaiCompatible, (req, name) => req.get(name)))
    const { url, stopListening, destroy } = await listen(createServer(build(chat)))
    return { api: url + path, shutdown: (how) => chat.shutdown(how), stopListening, destroy }
  }
}
