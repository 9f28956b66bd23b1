import type { ChatStreamErrorFacts } from '../errors.ts'
import { isObject, stringOr, type JsonObject } from '../json.ts'
import type { AssistantMessage, AssistantPart } from '../message/message.ts'
import { textPart } from '../message/text-part.ts'
import { usageFromJson, type Usage } from '../message/usage.ts'
import { readCancellation, readErrorFacts, type SluiceEnd } from './end.ts'
import type { Cancellation } from './outcome.ts'
import { isRunEnd, RUN_STATES, type RunState } from './state.ts'
import { isRunId } from './run-id.ts'

/** What `GET runs/:id`, `GET runs` and a cancel answer about one run. */
export interface RunObject {
  readonly object: 'run'
  readonly id: string
  readonly status: RunState
  /** Seconds since the Unix epoch. */
  readonly created: number
  readonly thread: string | null
  readonly parent: string | null
  /** The id of the newest event; a join from here gets what comes after `message`. */
  readonly lastEventId: number
  readonly usage: Usage
  readonly cancellation: Cancellation | null
  readonly error: ChatStreamErrorFacts | null
  readonly finishReason: string | null
  readonly skippedChunks: number
  readonly message: AssistantMessage
  /** The messages of the request after its last assistant one: the question. */
  readonly input: readonly unknown[]
}

/** A run object from JSON of the outside, or `undefined` if it is none. Never throws. */
export function readRunObject(value: unknown): RunObject | undefined {
  if (!isObject(value) || value['object'] !== 'run' || !isRunId(value['id'])) return undefined
  const { id, created, lastEventId, input, skippedChunks } = value
  const status = RUN_STATES.find((state) => state === value['status'])
  const message = readMessage(value['message'])
  if (status === undefined || message === undefined || typeof lastEventId !== 'number') return undefined
  return {
    object: 'run',
    id,
    status,
    created: typeof created === 'number' ? created : 0,
    thread: stringOr(value['thread'], null),
    parent: stringOr(value['parent'], null),
    lastEventId,
    usage: usageFromJson(value['usage']),
    cancellation: readCancellation(value['cancellation']) ?? null,
    error: readErrorFacts(value['error']) ?? null,
    finishReason: stringOr(value['finishReason'], null),
    skippedChunks: typeof skippedChunks === 'number' ? skippedChunks : 0,
    message,
    input: Array.isArray(input) ? input : [],
  }
}

/** The end that a run object tells, or `undefined` while the run goes on. */
export function endOfRun(run: RunObject): SluiceEnd | undefined {
  return isRunEnd(run.status) ? { ...endFacts(run), status: run.status } : undefined
}

/** What a run object tells of an end beside its status. */
export function endFacts(run: RunObject): Omit<SluiceEnd, 'status'> {
  const { finishReason, usage, skippedChunks, cancellation, error } = run
  return {
    finishReason,
    usage,
    skippedChunks,
    ...(cancellation !== null && { cancellation }),
    ...(error !== null && { error }),
  }
}

/** A message from JSON of the outside, or `undefined` if it is none. Never throws. */
export function readMessage(value: unknown): AssistantMessage | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string') return undefined
  const { id, parts, text } = value
  return {
    id,
    role: 'assistant',
    parts: Array.isArray(parts) ? parts.filter(isObject).flatMap(readPart) : [],
    text: stringOr(text, ''),
  }
}

function readPart(part: JsonObject): readonly AssistantPart[] {
  const { type, text, index, id, name, arguments: args } = part
  if (type === 'text' && typeof text === 'string') return [textPart(text)]
  if (type === 'reasoning' && typeof text === 'string') return [{ type, text }]
  if (type !== 'tool-call') return []
  const call = { type, id: stringOr(id, ''), name: stringOr(name, ''), arguments: stringOr(args, '') } as const
  return [typeof index === 'number' ? { ...call, index } : call]
}
