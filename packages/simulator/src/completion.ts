import type { ServerResponse } from 'node:http'
import { deliverEvents, deliverWhole } from './delivery.ts'
import type { Delivery } from './delivery.ts'
import { DIALECTS } from './dialects.ts'
import type { Script } from './dialects.ts'
import type { Line } from './line.ts'
import type { Recording } from './meter.ts'
import { dueTime } from './pace.ts'
import type { Clock, Pace } from './pace.ts'
import type { CompletionRequest } from './request.ts'
import type { Answer } from './scenario.ts'
import { estimatePromptTokens } from './tokens.ts'
import { usageOf } from './wire.ts'

/** Everything that one answer needs. */
export interface CompletionJob {
  readonly id: string
  readonly request: CompletionRequest
  readonly tokens: readonly string[]
  readonly scenario: Answer
  readonly pace: Pace
  readonly clock: Clock
  readonly recording: Recording
}

/** How many comments come before the first token of an answer that shows that it lives. */
const COMMENTS = 10

/** Generates one answer onto the line, until it is complete, the scenario breaks it off or the line says stop. */
export async function complete(job: CompletionJob, res: ServerResponse, line: Line): Promise<'finished' | 'failed'> {
  const { id, request, scenario, clock } = job
  const start = clock.now()
  const created = Math.floor(start / 1000)
  const envelope = { id, created, model: request.model, includeUsage: request.includeUsage }
  const tokens = job.tokens.slice(0, request.maxTokens ?? job.tokens.length)
  const promptTokens = estimatePromptTokens(request.messages)
  const { prompt, tools } = request
  // Called again with the outputs of its tools, it answers: a loop over its calls has an end.
  const dialect = scenario.dialect.startsWith('tool-calls') && request.hasOutputs ? 'openai' : scenario.dialect
  const script = DIALECTS[dialect]({ envelope, tokens, prompt, tools, promptTokens })
  const streams = request.stream && scenario.streams
  const deliver = streams ? deliverEvents : deliverWhole
  return produce(
    job,
    { start, promptTokens, script, streams },
    line,
    deliver({ res, line, envelope, script, framing: scenario.framing }),
  )
}

interface Production {
  readonly start: number
  readonly promptTokens: number
  readonly script: Script
  readonly streams: boolean
}

async function produce(
  job: CompletionJob,
  { start, promptTokens, script, streams }: Production,
  line: Line,
  delivery: Delivery,
): Promise<'finished' | 'failed'> {
  const { request, scenario, clock, recording } = job
  const pace = scenarioPace(job.pace, scenario)
  const { steps } = script
  const faultAt = scenario.faultAt === 'start' ? 0 : Math.floor(steps.length / 2)
  const meetsFault = async (index: number): Promise<boolean> =>
    scenario.fault !== null && index === faultAt && (await delivery.fault(scenario.fault)) === 'ended'

  if (scenario.head === 'at-once') await delivery.head()
  for (let i = 1; i <= COMMENTS && scenario.keepalive; i += 1) {
    await clock.until(start + (pace.firstTokenMs * i) / (COMMENTS + 1), line.stop)
    await delivery.comment()
  }
  await clock.until(dueTime(start, pace, 0), line.stop)
  if (line.stop.aborted) return 'failed'
  if (scenario.head === 'never') {
    await line.closed
    return 'failed'
  }
  await delivery.head()
  if (scenario.faultAt === 'half') await delivery.begin()
  for (const [index, bodies] of steps.entries()) {
    await clock.until(dueTime(start, pace, index), line.stop)
    if (line.stop.aborted || (await meetsFault(index)) || line.stop.aborted) return 'failed'
    recording.token()
    await delivery.step(bodies)
  }
  if (line.stop.aborted || (steps.length === 0 && (await meetsFault(0)))) return 'failed'
  const isCut = request.maxTokens !== null && request.maxTokens < job.tokens.length
  const reason = script.finishReason ?? (isCut ? 'length' : 'stop')
  await delivery.finish(reason, usageOf(promptTokens, recording.produced), scenario.ending)
  return scenario.ending === 'truncated' && streams ? 'failed' : 'finished'
}

function scenarioPace(pace: Pace, { wait, slowdown }: Answer): Pace {
  return { firstTokenMs: pace.firstTokenMs * wait, tokensPerSecond: pace.tokensPerSecond / slowdown }
}
