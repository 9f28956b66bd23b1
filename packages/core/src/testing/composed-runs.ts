import { EVENT_OF_STATUS } from '../run/end.ts'
import { isRunEnd, transition, type RunEnd, type RunEvent, type RunState } from '../run/state.ts'

/**
 * One run at both of its ends, with a network in between that loses, delays and reorders: both ends are the transition
 * table, and what they do is what the client's and the server's effects do, in as few words as they can be told in.
 */
export interface World {
  readonly viewer: RunState
  /** Whether this viewer asked to cancel. */
  readonly asked: boolean
  /** Whether the viewer ended by its own doing: its timer, or its leaving. */
  readonly own: boolean
  readonly headSeen: boolean
  /** Events of the log that the viewer has read. */
  readonly read: number
  /** The way to the server: none (to be sought), a start or a rejoin that has not arrived, or a stream. */
  readonly line: 'none' | 'start' | 'rejoin' | 'stream'
  /** `absent`: no start came yet · `refused`: a cancel came first, so none ever will. */
  readonly server: RunState | 'absent' | 'refused'
  /** Chunks in the log; its last chunk follows when the server's run has ended. */
  readonly chunks: number
  /** Whether the older events of the log are no longer kept. */
  readonly trimmed: boolean
  /** A cancel on its way, and how many were sent. */
  readonly cancelling: 'unsent' | 'sent' | 'arrived'
  readonly cancelsSent: number
  /** An answer to a cancel on its way. */
  readonly answer: 'none' | 'coming'
  readonly breaks: number
}

export const FIRST_WORLD: World = {
  viewer: 'submitted',
  asked: false,
  own: false,
  headSeen: false,
  read: 0,
  line: 'start',
  server: 'absent',
  chunks: 0,
  trimmed: false,
  cancelling: 'unsent',
  cancelsSent: 0,
  answer: 'none',
  breaks: 0,
}

const MAX_CHUNKS = 2
const MAX_BREAKS = 2
const MAX_CANCELS = 2

/** Every world that one step leads to. */
export function nextWorlds(world: World): readonly World[] {
  return [...networkSteps(world), ...serverSteps(world), ...viewerSteps(world)]
}

const ended = (state: World['server']): state is RunEnd => state !== 'absent' && state !== 'refused' && isRunEnd(state)

/** The viewer takes an event. An end closes its line. */
function see(world: World, event: RunEvent, change: Partial<World> = {}): World {
  const next = { ...world, ...change, viewer: transition(world.viewer, event) }
  return isRunEnd(next.viewer) ? { ...next, line: 'none' } : next
}

function seeEnd(world: World, status: RunEnd, change: Partial<World> = {}): World {
  // Of an incomplete run the server has seen a chunk, whether or not the viewer has.
  const begun = status === 'incomplete' ? see(world, 'chunk') : world
  return see(begun, EVENT_OF_STATUS[status], change)
}

function networkSteps(world: World): readonly World[] {
  const { viewer, server, line, read, chunks } = world
  const next: World[] = []
  if (line !== 'none' && world.breaks < MAX_BREAKS) {
    // What was on its way is lost with the line. A start may have arrived all the same.
    next.push(see(world, 'lost', { line: 'none', breaks: world.breaks + 1 }))
    if (line === 'start' && server === 'absent') {
      next.push(see({ ...world, server: 'submitted' }, 'lost', { line: 'none', breaks: world.breaks + 1 }))
    }
  }
  if (line === 'start') {
    if (server === 'refused') next.push(see(world, 'stopped'))
    else next.push(see({ ...world, server: server === 'absent' ? 'submitted' : server }, 'open', STREAM))
    // A failure before the head is a real status.
    if (ended(server) && chunks === 0) next.push(seeEnd(world, server))
  }
  if (line === 'rejoin') next.push(...rejoined(world))
  if (line === 'stream') {
    if (read < chunks) next.push(see(world, 'chunk', { read: read + 1 }))
    else if (ended(server)) next.push(seeEnd(world, server))
  }
  if (world.cancelling === 'sent') next.push(...cancelArrives(world), { ...world, cancelling: 'unsent' })
  if (world.answer === 'coming') next.push({ ...world, answer: 'none' })
  if (world.answer === 'coming' && !isRunEnd(viewer)) next.push(see(world, 'confirmed', { answer: 'none' }))
  return next
}

const STREAM = { line: 'stream', headSeen: true } as const

function rejoined(world: World): readonly World[] {
  const { server, read, chunks, trimmed } = world
  if (!trimmed || read === chunks) return [see(world, 'open', STREAM)]
  // The message itself, in place of the events that are gone; it tells the end, too, if there is one.
  const recovered = see(world, 'chunk', { read: chunks })
  return [ended(server) ? seeEnd(recovered, server) : see(recovered, 'lost', { line: 'none' })]
}

function cancelArrives(world: World): readonly World[] {
  const { server } = world
  const arrived = { ...world, cancelling: 'arrived', answer: 'coming' } as const
  if (server === 'absent' || server === 'refused') return [{ ...arrived, server: 'refused' }]
  return [{ ...arrived, server: transition(server, 'cancel') }]
}

function serverSteps(world: World): readonly World[] {
  const { server, chunks } = world
  if (server === 'absent' || server === 'refused' || isRunEnd(server)) return []
  const then = (event: RunEvent, change: Partial<World> = {}): World => ({
    ...world,
    ...change,
    server: transition(server, event),
  })
  const next = [then('open'), then('finished'), then('truncated'), then('error'), then('timeout')]
  next.push(then('cancel')) // another viewer's, or that of a server whom every viewer has left
  if (server === 'cancelling') next.push(then('confirmed'))
  // A count of tokens that viewers did not ask for, and what comes while the run is being cancelled, is in no log.
  next.push(then('chunk'))
  if (chunks < MAX_CHUNKS && server !== 'cancelling') next.push(then('chunk', { chunks: chunks + 1 }))
  if (!world.trimmed && chunks > 0) next.push({ ...world, trimmed: true })
  return next
}

function viewerSteps(world: World): readonly World[] {
  const { viewer, line, cancelling, cancelsSent } = world
  const next: World[] = []
  const mayAsk = world.asked || (world.own && viewer !== 'completed')
  if (mayAsk && cancelling === 'unsent' && cancelsSent < MAX_CANCELS) {
    next.push({ ...world, cancelling: 'sent', cancelsSent: cancelsSent + 1 })
  }
  if (isRunEnd(viewer)) return next
  if (line === 'none' && viewer !== 'cancelling') next.push({ ...world, line: world.headSeen ? 'rejoin' : 'start' })
  next.push(see(world, 'cancel', { asked: true }))
  next.push(see(world, 'timeout', { own: viewer !== 'cancelling' }))
  if (viewer !== 'cancelling') next.push(see(world, 'detach', { own: true }))
  return next
}
