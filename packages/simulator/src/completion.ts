import type { ServerResponse } from 'node:http'
import { deliverEvents, deliverWhole } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import type { Line } from './line.ts'
import type { Recording } from './meter.ts'
import { dueTime } from './pace.ts'
import type { Clock, Pace } from './pace.ts'
import type { CompletionRequest } from './request.ts'
import type { Scenario } from './scenarios.ts'
import { estimatePromptTokens } from './tokens.ts'
import { usageOf } from './wire.ts'

/** Everything that one answer needs. */
export interface CompletionJob {
  readonly id: string
  readonly request: CompletionRequest
  readonly tokens: readonly string[]
  readonly scenario: Extract<Scenario, { kind: 'answer' }>
  readonly pace: Pace
  readonly clock: Clock
  readonly recording: Recording
}

/** Generates one answer onto the line, until it is complete, the scenario breaks it off or the line says stop. */
export async function complete(job: CompletionJob, res: ServerResponse, line: Line): Promise<'finished' | 'failed'> {
  const { id, request, clock } = job
  const start = clock.now()
  const created = Math.floor(start / 1000)
  const envelope = { id, created, model: request.model, includeUsage: request.includeUsage }
  return produce(job, start, line, (request.stream ? deliverEvents : deliverWhole)(res, line, envelope))
}

async function produce(
  job: CompletionJob,
  start: number,
  line: Line,
  delivery: Delivery,
): Promise<'finished' | 'failed'> {
  const { request, scenario, clock, recording } = job
  const pace = slowed(job.pace, scenario.slowdown)
  const tokens = job.tokens.slice(0, request.maxTokens ?? job.tokens.length)
  const faultAt = Math.floor(tokens.length / 2)
  const meetsFault = async (index: number): Promise<boolean> =>
    scenario.fault !== null && index === faultAt && (await delivery.fault(scenario.fault)) === 'ended'

  await clock.until(dueTime(start, pace, 0), line.stop)
  if (line.stop.aborted) return 'failed'
  await delivery.begin()
  for (const [index, token] of tokens.entries()) {
    await clock.until(dueTime(start, pace, index), line.stop)
    if (line.stop.aborted || (await meetsFault(index)) || line.stop.aborted) return 'failed'
    recording.token()
    await delivery.token(token)
  }
  if (line.stop.aborted || (tokens.length === 0 && (await meetsFault(0)))) return 'failed'
  const reason = tokens.length < job.tokens.length ? 'length' : 'stop'
  await delivery.finish(reason, usageOf(estimatePromptTokens(request.messages), recording.produced), scenario.ending)
  return scenario.ending === 'truncated' && request.stream ? 'failed' : 'finished'
}

function slowed(pace: Pace, slowdown: number): Pace {
  return { firstTokenMs: pace.firstTokenMs * slowdown, tokensPerSecond: pace.tokensPerSecond / slowdown }
}
