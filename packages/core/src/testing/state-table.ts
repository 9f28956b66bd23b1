import { isRunEnd, RUN_EVENTS, RUN_STATES, transition } from '../run/state.ts'

/** The transition table as PROTOCOL.md shows it: a row an event, a column a state that has not ended. */
export function stateTable(): string {
  const live = RUN_STATES.filter((state) => !isRunEnd(state))
  const rows = RUN_EVENTS.map((event) => [
    `\`${event}\``,
    ...live.map((state) => {
      const next = transition(state, event)
      if (next === state) return '·'
      return isRunEnd(next) ? `**${next}**` : next
    }),
  ])
  const lines = [['event', ...live.map((state) => `\`${state}\``)], ['---', ...live.map(() => '---')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
