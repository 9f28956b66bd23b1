import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { endOf, idsOf, textOf, type ReadEvent } from '@sluice/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ask,
  RefusedError,
  rejoin,
  runOf,
  startCluster,
  textOfTokens,
  type Cluster,
  type Instance,
  type TestViewer,
} from './testing/cluster.ts'
import { WITHOUT_REDIS } from './testing/redis-server.ts'

const STREAMS = 200
const TOKENS = 20
/** How long the starts are spread over, in ms: each of the machines is replaced meanwhile. */
const SPREAD_MS = 7_000

function isChunk({ data }: ReadEvent): boolean {
  return data !== '[DONE]'
}

function isEnd(event: ReadEvent | undefined): boolean {
  return event !== undefined && event.data !== '[DONE]' && event.data.sluice !== undefined
}

describe.skipIf(WITHOUT_REDIS)('a rolling deploy', () => {
  let cluster: Cluster

  beforeAll(async () => {
    cluster = await startCluster({ tokensPerSecond: 10 })
  })
  afterAll(() => cluster.close())

  it('of every machine under 200 streams is seen by no viewer but as a rejoin', async () => {
    // Leases that a busy machine keeps; each stream takes 2 s, the grace is 20.
    const settings = { store: { prefix: 'deploy:', leaseMs: 5_000 }, shutdownMs: 20_000 }
    const started = await Promise.all(Array.from({ length: 6 }, () => cluster.start(settings)))
    const [machines, fresh] = [started.slice(0, 3), started.slice(3)]
    const leaving: Instance[] = []
    let rejoins = 0
    let turn = 0

    function pick(among: readonly Instance[]): Instance {
      turn += 1
      const picked = among[turn % among.length]
      if (picked === undefined) throw new Error('Expected a machine to be there.')
      return picked
    }

    async function replaceEach(): Promise<void> {
      const olds = machines.slice()
      for (const old of olds) {
        machines.push(...fresh.splice(0, 1))
        leaving.push(...machines.splice(machines.indexOf(old), 1))
        // Its own runs have ended when it shuts down, and viewers of other machines' runs are still there.
        await sleep(2_200)
        leaving.pop()
        await old.shutdown()
      }
    }

    /** Asks another machine where one is about to go, as every client does that is answered 503. */
    async function anywhere(
      among: () => readonly Instance[],
      request: (api: string) => Promise<TestViewer>,
    ): Promise<TestViewer> {
      try {
        return await request(pick(among()).api)
      } catch (error) {
        if (!(error instanceof RefusedError && error.status === 503)) throw error
        return anywhere(among, request)
      }
    }

    /** A viewer that comes by any machine, and comes back when it is let go. */
    async function follow(id: string): Promise<readonly ReadEvent[]> {
      const events: ReadEvent[] = []
      for (;;) {
        const viewer = await anywhere(
          () => [...machines, ...leaving],
          (api) => rejoin(api, id, events.length),
        )
        const how = await viewer.over
        events.push(...viewer.events)
        // One that was let go behind the end, before `[DONE]`, has seen it all.
        if (how === 'done' || isEnd(events.at(-1))) return events
        rejoins += 1
      }
    }

    async function stream(i: number): Promise<void> {
      await sleep((i * SPREAD_MS) / STREAMS)
      const id = randomUUID()
      const own = await anywhere(
        () => machines,
        (api) => ask(api, id, { count: TOKENS }),
      )
      const followed = await follow(id)
      expect(await own.over).toBe('done')
      expect(followed.filter(isChunk)).toEqual(own.events.filter(isChunk))
      expect(endOf(own.events)).toMatchObject({ status: 'completed' })
      expect(textOf(followed)).toBe(textOfTokens(TOKENS))
      expect(idsOf(followed)).toEqual(idsOf(followed).map((_, n) => n + 1))
    }

    const streams = Array.from({ length: STREAMS }, (_, i) => stream(i))
    await Promise.all([replaceEach(), ...streams])
    expect(rejoins).toBeGreaterThan(0)
    expect(cluster.simulator.stats.requests).toHaveLength(STREAMS)
  }, 120_000)

  it('ends what takes longer than the grace as shut down, with its text', async () => {
    const settings = { store: { prefix: 'long:', leaseMs: 5_000 }, shutdownMs: 300 }
    const [a, b] = await Promise.all([cluster.start(settings), cluster.start(settings)])
    const id = randomUUID()
    const own = await ask(a.api, id, { count: 1_000 })
    await own.has(3)
    const other = await rejoin(b.api, id)
    await a.shutdown()
    expect([await own.over, await other.over]).toEqual(['done', 'done'])
    expect(other.events).toEqual(own.events)
    expect(endOf(other.events)).toMatchObject({ status: 'incomplete', error: { code: 'server_shutdown' } })
    expect(await runOf(b.api, id)).toMatchObject({ status: 'incomplete', message: { text: textOf(own.events) } })
    expect(cluster.settled(id)).toMatchObject([{ status: 'incomplete', code: 'server_shutdown', attempt: 1 }])
  }, 60_000)
})
