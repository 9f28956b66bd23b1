import { RUN_EVENTS, RUN_STATES, transition, type RunEvent, type RunState } from '@sluice/core'
import { useTranslation } from 'react-i18next'

interface Place {
  readonly x: number
  readonly y: number
}

const WIDTH = 320
const HEIGHT = 196
const BOX = { width: 88, height: 26 }

/** The centre of each state: what goes on stands left, how it ends right. */
const PLACES: Readonly<Record<RunState, Place>> = {
  submitted: { x: 50, y: 24 },
  streaming: { x: 50, y: 98 },
  reconnecting: { x: 50, y: 172 },
  cancelling: { x: 162, y: 172 },
  completed: { x: 270, y: 24 },
  incomplete: { x: 270, y: 73 },
  failed: { x: 270, y: 122 },
  cancelled: { x: 270, y: 172 },
}

interface Edge {
  readonly from: RunState
  readonly to: RunState
  readonly events: readonly RunEvent[]
}

/** Read from the table that runs obey, so that this picture is never an old one. */
const EDGES: readonly Edge[] = RUN_STATES.flatMap((from) =>
  RUN_STATES.filter((to) => to !== from).map((to) => ({
    from,
    to,
    events: RUN_EVENTS.filter((event) => transition(from, event) === to),
  })),
).filter(({ events }) => events.length > 0)

/** The table as a graph, with the state of the newest run lit. */
export function StateGraph({ state }: { readonly state: RunState | null }) {
  const { t } = useTranslation()
  const label = state === null ? t('wire.graph.idle') : t('wire.graph.now', { state })
  return (
    <svg className="graph" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <defs>
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">
          <path d="M0 0 8 4 0 8z" className="arrow" />
        </marker>
      </defs>
      {EDGES.map(({ from, to, events }) => (
        <path
          key={`${from} ${to}`}
          className={from === state ? 'edge possible' : 'edge'}
          d={pathOf(from, to)}
          markerEnd="url(#arrow)"
        >
          <title>{`${from} → ${to}: ${events.join(', ')}`}</title>
        </path>
      ))}
      {RUN_STATES.map((each) => (
        <g key={each} className={each === state ? 'state lit' : 'state'} data-state={each}>
          <rect
            x={PLACES[each].x - BOX.width / 2}
            y={PLACES[each].y - BOX.height / 2}
            width={BOX.width}
            height={BOX.height}
            rx="6"
          />
          <text x={PLACES[each].x} y={PLACES[each].y + 4}>
            {each}
          </text>
        </g>
      ))}
    </svg>
  )
}

/** From edge to edge of the two boxes; there and back run side by side. */
function pathOf(from: RunState, to: RunState): string {
  const a = PLACES[from]
  const b = PLACES[to]
  if (a.x === b.x) return verticalPath(a, b)
  const start = { x: a.x + (Math.sign(b.x - a.x) * BOX.width) / 2, y: a.y }
  const end = { x: b.x - (Math.sign(b.x - a.x) * BOX.width) / 2, y: b.y }
  const bend = (end.x - start.x) * 0.5
  return `M${start.x} ${start.y}C${start.x + bend} ${start.y} ${end.x - bend} ${end.y} ${end.x} ${end.y}`
}

function verticalPath(a: Place, b: Place): string {
  const direction = Math.sign(b.y - a.y)
  const x = a.x + direction * 10
  return `M${x} ${a.y + (direction * BOX.height) / 2}L${x} ${b.y - (direction * BOX.height) / 2}`
}
