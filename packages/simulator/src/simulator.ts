import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { isIPv6 } from 'node:net'
import { simulatedAnswer } from './answer.ts'
import { complete } from './completion.ts'
import { RATE_ERROR, retryAfterHeader } from './errors.ts'
import { RequestError, sendError } from './http.ts'
import { openLine } from './line.ts'
import type { Line } from './line.ts'
import { createMeter } from './meter.ts'
import type { Meter, Recording, SimulatorStats } from './meter.ts'
import { resolveOptions, unknownScenario } from './options.ts'
import type { Settings, SimulatorOptions } from './options.ts'
import { systemClock } from './pace.ts'
import type { Clock } from './pace.ts'
import type { CompletionRequest } from './request.ts'
import { sendReply } from './replies.ts'
import { answerRequest } from './routes.ts'
import type { Refusal, Scenario } from './scenario.ts'
import { isScenarioName, SCENARIO_TABLE } from './scenarios.ts'
import type { ScenarioName } from './scenarios.ts'
import { tokenize } from './tokens.ts'

/** A running model server. */
export interface Simulator {
  /** The OpenAI base URL, such as `http://127.0.0.1:4010/v1`: no trailing slash. */
  readonly url: string
  /** The books, live. */
  readonly stats: SimulatorStats
  /**
   * Destroys what is open (those requests end `failed`) and frees the port. Resolves when no socket is open and nothing
   * generates any more; every call gives the same promise.
   */
  close(): Promise<void>
}

/** A model whose name starts so picks the scenario that follows. */
const MODEL_PREFIX = 'simulator/'

/**
 * Starts an OpenAI-compatible model server on `http://host:port/v1`; resolves when it listens.
 *
 * @throws {RangeError} (as a rejection) for an option out of its range.
 * @throws {Error} (as a rejection) what `listen` failed with, such as the code `EADDRINUSE`.
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0 } = options
  const clock = systemClock
  const settings = resolveOptions(options, ({ prompt }) => simulatedAnswer(prompt))
  const meter = createMeter(clock.now, options.onRequest)
  const completions = createCompletions(settings, meter, clock)
  const desk = { apiKey: settings.apiKey, stats: meter.stats, complete: completions.answer }
  const server = createServer((req, res) => void answerRequest(desk, req, res))
  const url = await listen(server, host, port)
  let closing: Promise<void> | undefined
  return {
    url,
    stats: meter.stats,
    close() {
      closing ??= Promise.all([closeServer(server), completions.clear()]).then(() => {})
      return closing
    },
  }
}

/** The answers under way. */
function createCompletions(settings: Settings, meter: Meter, clock: Clock) {
  const lines = new Map<Line, Promise<void>>()
  const turns = createTurns()
  return {
    async answer(request: CompletionRequest, header: string | undefined, res: ServerResponse): Promise<void> {
      const name = chooseScenario(request, header, settings)
      const id = `chatcmpl-${randomUUID()}`
      const recording = meter.begin({ id, model: request.model, prompt: request.prompt, scenario: name })
      const line = openLine(res, { stopsOnHangup: settings.stopsOnHangup, onHangup: recording.hangup })
      const work = answerOne({ id, request, scenario: turns.play(name), settings, clock, recording }, res, line)
      lines.set(line, work)
      await work.finally(() => lines.delete(line))
    },
    async clear(): Promise<void> {
      const under = [...lines]
      for (const [line] of under) line.cut()
      await Promise.allSettled(under.map(([, work]) => work))
    },
  }
}

/** Scenarios that treat every other request otherwise count their requests. */
function createTurns() {
  const refused = new Set<ScenarioName>()
  return {
    play(name: ScenarioName): Scenario {
      const scenario = SCENARIO_TABLE[name]
      if (scenario.kind !== 'answer' || scenario.retryAfter === null || refused.delete(name)) return scenario
      refused.add(name)
      const { description, retryAfter } = scenario
      return { kind: 'refuse', description, status: 429, error: RATE_ERROR, retryAfter } satisfies Refusal
    },
  }
}

interface Job {
  readonly id: string
  readonly request: CompletionRequest
  readonly scenario: Scenario
  readonly settings: Settings
  readonly clock: Clock
  readonly recording: Recording
}

/** Ends the record when both are over, the generating and the response. */
async function answerOne({ scenario, settings, ...job }: Job, res: ServerResponse, line: Line): Promise<void> {
  let outcome: 'finished' | 'failed' = 'failed'
  try {
    if (scenario.kind === 'refuse') {
      const { status, error, retryAfter } = scenario
      sendError(res, new RequestError(status, error, retryAfterHeader(retryAfter, job.clock.now())))
    } else if (scenario.kind === 'reply') {
      sendReply(res, scenario)
    } else {
      const text = settings.answer(job.request)
      const tokens = typeof text === 'string' ? tokenize(text) : text
      outcome = await complete({ ...job, scenario, pace: settings, tokens }, res, line)
    }
    await line.closed
  } finally {
    job.recording.end(outcome)
  }
}

/** The header wins over the model's name, and that over the option. */
function chooseScenario(request: CompletionRequest, header: string | undefined, settings: Settings): ScenarioName {
  const { model } = request
  const asked = header ?? (model.startsWith(MODEL_PREFIX) ? model.slice(MODEL_PREFIX.length) : undefined)
  if (asked === undefined) {
    const name = settings.scenario(request)
    if (isScenarioName(name)) return name
    throw new RangeError(unknownScenario(name))
  }
  if (isScenarioName(asked)) return asked
  const [status, param, code] =
    header === undefined ? ([404, 'model', 'model_not_found'] as const) : ([400, null, 'unknown_scenario'] as const)
  throw new RequestError(status, { message: unknownScenario(asked), type: 'invalid_request_error', param, code })
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      const bound = typeof address === 'object' && address !== null ? address.port : port
      resolve(`http://${reachable(host)}:${bound}/v1`)
    })
  })
}

/** A wildcard is an address to listen on, not one to call. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return isIPv6(host) ? `[${host}]` : host
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
