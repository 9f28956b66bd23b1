import { describe, expect, it } from 'vitest'
import { FIRST_WORLD, nextWorlds, type World } from '../testing/composed-runs.ts'
import { isRunEnd } from './state.ts'

/** The pair of ends, if both have ended. A run that never was counts as the server tells it: cancelled. */
function endsOf({ viewer, server }: World): readonly [string, string] | undefined {
  if (!isRunEnd(viewer) || server === 'absent') return undefined
  if (server === 'refused') return [viewer, 'cancelled']
  return isRunEnd(server) ? [viewer, server] : undefined
}

function isAllowed(world: World, [viewer, server]: readonly [string, string]): boolean {
  if (viewer === server) return true
  if (viewer === 'cancelled') return world.asked
  return (viewer === 'failed' || viewer === 'incomplete') && world.own
}

/** Every world that any schedule leads to. */
function explore(visit: (world: World, next: readonly World[]) => void): number {
  const known = new Set<string>()
  const waiting = [FIRST_WORLD]
  for (let world = waiting.pop(); world !== undefined; world = waiting.pop()) {
    const key = Object.values(world).join()
    if (known.has(key)) continue
    known.add(key)
    const next = nextWorlds(world)
    visit(world, next)
    waiting.push(...next)
  }
  return known.size
}

describe('a viewer and its server, over a network that loses, delays and reorders', () => {
  const pairs = new Set<string>()
  const forbidden: World[] = []
  const stuck: World[] = []
  const explored = explore((world, next) => {
    const ends = endsOf(world)
    if (ends === undefined) {
      // However bad the network, the viewer has a step to take, and the server's run too.
      if (next.length === 0 && world.server !== 'absent') stuck.push(world)
      return
    }
    pairs.add(ends.join(' with '))
    if (!isAllowed(world, ends)) forbidden.push(world)
  })

  it('end in no pair that the design forbids', () => {
    expect(explored).toBeGreaterThan(10_000)
    expect(forbidden.slice(0, 3)).toEqual([])
  })

  it('end in every pair that it allows, `completed` only with `completed`', () => {
    const ends = ['cancelled', 'completed', 'failed', 'incomplete']
    const all = ['cancelled', 'failed', 'incomplete'].flatMap((viewer) =>
      ends.map((server) => `${viewer} with ${server}`),
    )
    expect([...pairs].toSorted()).toEqual([...all, 'completed with completed'].toSorted())
  })

  it('never wait for ever', () => {
    expect(stuck.slice(0, 3)).toEqual([])
  })
})
