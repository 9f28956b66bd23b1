import type { IncomingMessage, ServerResponse } from 'node:http'
import { readJsonText, RequestError, sendError, sendJson } from './http.ts'
import type { SimulatorStats } from './meter.ts'
import { parseRequest } from './request.ts'
import type { CompletionRequest } from './request.ts'
import { SCENARIO_NAMES } from './scenarios.ts'

/** What the routes need from the simulator. */
export interface Desk {
  readonly apiKey: string | null
  readonly stats: SimulatorStats
  /** Answers one valid request; `scenario` is its scenario header. May throw a `RequestError` while no head is sent. */
  complete(request: CompletionRequest, scenario: string | undefined, res: ServerResponse): Promise<void>
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly answer: (desk: Desk, req: IncomingMessage, res: ServerResponse) => void | Promise<void>
}

/** The name of the header by which a request picks its scenario. */
const SCENARIO_HEADER = 'x-simulator-scenario'

/** Unix time in seconds; a model has to have a birthday. */
const MODELS_CREATED = 1_735_689_600

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  [
    '/v1/chat/completions',
    {
      method: 'POST',
      async answer(desk, req, res) {
        const request = parseRequest(await readJsonText(req))
        await desk.complete(request, req.headers[SCENARIO_HEADER]?.toString(), res)
      },
    },
  ],
  ['/v1/models', { method: 'GET', answer: (_desk, _req, res) => sendJson(res, 200, modelList()) }],
  ['/stats', { method: 'GET', answer: ({ stats }, req, res) => sendJson(res, 200, newest(stats, req.url)) }],
  [
    '/healthz',
    {
      method: 'GET',
      answer: ({ stats: { open, produced, billed } }, _req, res) =>
        sendJson(res, 200, { ok: true, open, produced, billed }),
    },
  ],
])

/** Answers one HTTP request. Never rejects: what goes wrong becomes an OpenAI-shaped error, or a destroyed socket. */
export async function answerRequest(desk: Desk, req: IncomingMessage, res: ServerResponse): Promise<void> {
  // A page on any origin may try it: it is a toy of this machine, and nothing in it is worth protecting.
  res.setHeader('Access-Control-Allow-Origin', '*')
  if (req.method === 'OPTIONS') return answerPreflight(req, res)
  try {
    await findRoute(desk, req).answer(desk, req, res)
  } catch (error) {
    sendError(res, error instanceof RequestError ? error : unexpected(error))
  }
}

function findRoute(desk: Desk, req: IncomingMessage): Route {
  const path = req.url?.split('?')[0] ?? '/'
  const route = ROUTES.get(path)
  if (route === undefined) throw refusal(404, `Unknown path ${path}.`, 'not_found')
  if (route.method !== req.method) {
    const message = `${path} takes ${route.method}, not ${req.method}.`
    throw refusal(405, message, 'method_not_allowed', { Allow: `${route.method}, OPTIONS` })
  }
  if (path.startsWith('/v1/') && desk.apiKey !== null && req.headers.authorization !== `Bearer ${desk.apiKey}`) {
    throw refusal(401, 'Missing or incorrect API key.', 'invalid_api_key')
  }
  return route
}

function answerPreflight(req: IncomingMessage, res: ServerResponse): void {
  const asked = req.headers['access-control-request-headers']
  res.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers': asked ?? 'Authorization, Content-Type',
    'Access-Control-Max-Age': '600',
  })
  res.end()
}

/** The books with at most `?limit=` requests, the newest; the sums are of all. Another limit than a whole number is none. */
function newest(stats: SimulatorStats, url = ''): SimulatorStats {
  const limit = new URLSearchParams(url.split('?')[1]).get('limit') ?? ''
  if (!/^\d{1,9}$/.test(limit)) return stats
  const { open, produced, billed, requests } = stats
  return { open, produced, billed, requests: requests.slice(Math.max(0, requests.length - Number(limit))) }
}

function modelList(): object {
  const ids = ['simulator', ...SCENARIO_NAMES.map((name) => `simulator/${name}`)]
  const list = ids.map((id) => ({ id, object: 'model', created: MODELS_CREATED, owned_by: 'sluice' }))
  return { object: 'list', data: list }
}

function refusal(status: number, message: string, code: string, headers: Record<string, string> = {}): RequestError {
  return new RequestError(status, { message, type: 'invalid_request_error', param: null, code }, headers)
}

/** Only an option of the caller's own can throw here, and its message helps nobody but the one who wrote it. */
function unexpected(error: unknown): RequestError {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The simulator's options threw: ${reason}`
  return new RequestError(500, { message, type: 'server_error', param: null, code: 'simulator_option' })
}
