/** The four ends, in OpenAI's words. Nothing leaves them. */
export const RUN_ENDS = ['completed', 'incomplete', 'cancelled', 'failed'] as const

/**
 * `submitted`: asked; no chunk yet · `streaming` · `reconnecting`: the transport broke, the client is rejoining ·
 * `cancelling`: stop was asked and is not confirmed yet · and the ends: `completed` · `incomplete`: ended without
 * having finished · `cancelled` · `failed`.
 */
export const RUN_STATES = [
  'submitted',
  'streaming',
  'reconnecting',
  'cancelling',
  'completed',
  'incomplete',
  'cancelled',
  'failed',
] as const

/**
 * `open`: the head came · `chunk` · `finished`: the stream said that it is complete · `truncated`: it ended without
 * saying so · `stopped`: the other end says that it was cancelled, by whomever · `error` · `lost`: the transport broke
 * and a rejoin is possible · `cancel` · `confirmed`: the other end has stopped · `timeout` · `detach`.
 */
export const RUN_EVENTS = [
  'open',
  'chunk',
  'finished',
  'truncated',
  'stopped',
  'error',
  'lost',
  'cancel',
  'confirmed',
  'timeout',
  'detach',
] as const

export type RunState = (typeof RUN_STATES)[number]
export type RunEnd = (typeof RUN_ENDS)[number]
export type RunEvent = (typeof RUN_EVENTS)[number]

type Row = Readonly<Record<RunEvent, RunState>>

// No default row and no default cell: a missing one is a type error. PROTOCOL.md shows this same table.
const TABLE: Readonly<Record<RunState, Row>> = {
  submitted: {
    open: 'submitted', // only a chunk proves that an answer began
    chunk: 'streaming',
    finished: 'completed',
    truncated: 'failed',
    stopped: 'cancelled',
    error: 'failed',
    lost: 'submitted', // nothing to lose yet: ask again with the same id, or rejoin if a head was seen
    cancel: 'cancelling',
    confirmed: 'submitted', // confirms a cancel that this run never asked for
    timeout: 'failed',
    detach: 'incomplete',
  },
  streaming: {
    open: 'streaming',
    chunk: 'streaming',
    finished: 'completed',
    truncated: 'incomplete',
    stopped: 'cancelled',
    error: 'failed',
    lost: 'reconnecting',
    cancel: 'cancelling',
    confirmed: 'streaming',
    timeout: 'incomplete',
    detach: 'incomplete',
  },
  reconnecting: {
    open: 'streaming',
    chunk: 'streaming',
    finished: 'completed',
    truncated: 'incomplete',
    stopped: 'cancelled',
    error: 'failed',
    lost: 'reconnecting',
    cancel: 'cancelling',
    confirmed: 'reconnecting',
    timeout: 'incomplete',
    detach: 'incomplete',
  },
  // The user's intent wins over every end that crosses it on the wire, and no chunk passes any more.
  cancelling: {
    open: 'cancelling',
    chunk: 'cancelling',
    finished: 'cancelled',
    truncated: 'cancelled',
    stopped: 'cancelled',
    error: 'cancelled',
    lost: 'cancelling',
    cancel: 'cancelling',
    confirmed: 'cancelled',
    timeout: 'cancelled',
    detach: 'cancelling',
  },
  completed: absorbing('completed'),
  incomplete: absorbing('incomplete'),
  cancelled: absorbing('cancelled'),
  failed: absorbing('failed'),
}

function absorbing(end: RunEnd): Row {
  return {
    open: end,
    chunk: end,
    finished: end,
    truncated: end,
    stopped: end,
    error: end,
    lost: end,
    cancel: end,
    confirmed: end,
    timeout: end,
    detach: end,
  }
}

/** The state that follows. Pure and total: defined for every pair, never throws. */
export function transition(state: RunState, event: RunEvent): RunState {
  return TABLE[state][event]
}

export function isRunEnd(state: RunState): state is RunEnd {
  return (RUN_ENDS as readonly RunState[]).includes(state)
}

/** The words that chat UIs share. */
export type ChatStatus = 'submitted' | 'streaming' | 'ready' | 'error'

const CHAT_STATUS: Readonly<Record<RunState, ChatStatus>> = {
  submitted: 'submitted',
  streaming: 'streaming',
  reconnecting: 'streaming',
  cancelling: 'ready', // the text is frozen: to a reader the answer has stopped
  completed: 'ready',
  incomplete: 'error',
  cancelled: 'ready',
  failed: 'error',
}

export function chatStatus(state: RunState): ChatStatus {
  return CHAT_STATUS[state]
}
