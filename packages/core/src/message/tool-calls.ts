import type { ToolCallDelta } from './chunk.ts'

export interface ToolCallPart {
  readonly type: 'tool-call'
  /**
   * The number by which the provider's deltas name the call, as it was sent: sloppy providers number all calls alike, or
   * none. It is there so that a rejoined message goes on in the right call; `id` is the name of a call.
   */
  readonly index?: number
  /** The provider's, or `call_<n>` (the message's n-th call, from 0) where the provider gives none. */
  readonly id: string
  readonly name: string
  /** JSON text, as far as it came; complete only when the run completed. */
  readonly arguments: string
}

/** One tool call under way. */
export interface ToolCallBuilder {
  readonly part: ToolCallPart
}

/** The tool calls of one message, under way. */
export interface ToolCalls {
  /** Adds to the call that the delta belongs to; returns that call if it is a new one. */
  append(delta: ToolCallDelta): ToolCallBuilder | undefined
  /** Takes a call over as earlier deltas left it. */
  restore(part: ToolCallPart): ToolCallBuilder
}

interface Call extends ToolCallBuilder {
  part: ToolCallPart
  /** Whether `part.id` is the provider's own. */
  isNamed: boolean
}

export function createToolCalls(): ToolCalls {
  // The newest call of each number, for some providers give several calls the same one. `undefined` is a number, too.
  const calls = new Map<number | undefined, Call>()
  let count = 0

  function open(part: ToolCallPart): Call {
    const ours = `call_${count}`
    const call = { part: { ...part, id: part.id || ours }, isNamed: part.id !== '' && part.id !== ours }
    count += 1
    calls.set(part.index, call)
    return call
  }

  return {
    restore: open,
    append(delta) {
      const { index, id = '', name = '', arguments: args = '' } = delta
      const call = calls.get(index)
      if (call === undefined || beginsAnother(call, delta)) {
        return open({ type: 'tool-call', ...(index !== undefined && { index }), id, name, arguments: args })
      }
      const { part } = call
      // The first id and name count: some providers repeat them in each piece, and some make up an id for each.
      call.part = {
        ...part,
        id: call.isNamed ? part.id : id || part.id,
        name: part.name || name,
        arguments: part.arguments + args,
      }
      call.isNamed ||= id !== ''
      return undefined
    },
  }
}

/** A piece with a name begins a call, unless it says in some way that it belongs to the one before. */
function beginsAnother({ part, isNamed }: Call, { index, id, name }: ToolCallDelta): boolean {
  if (!name) return false
  return id ? isNamed && id !== part.id : index === undefined
}
