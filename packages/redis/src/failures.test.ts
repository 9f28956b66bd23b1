import { randomUUID } from 'node:crypto'
import { endOf, idsOf, textOf, until } from '@sluice/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ask,
  rejoin,
  runOf,
  startCluster,
  stop,
  textOfTokens,
  type Cluster,
  type Instance,
  type InstanceSettings,
  type TestViewer,
} from './testing/cluster.ts'
import { startProxy } from './testing/proxy.ts'
import { WITHOUT_REDIS } from './testing/redis-server.ts'

const LONG = 2_000
/** Short, for the sake of time; a busy machine must still keep it. */
const LEASE_MS = 1_500
const HASTY = { store: { prefix: 'hasty:', leaseMs: LEASE_MS } }

describe.skipIf(WITHOUT_REDIS)('when something fails', () => {
  let cluster: Cluster
  /** Lives through it all. */
  let b: Instance
  const ids: string[] = []

  beforeAll(async () => {
    cluster = await startCluster()
    b = await cluster.start(HASTY)
  }, 60_000)
  afterAll(() => cluster.close())

  function newId(): string {
    const id = randomUUID()
    ids.push(id)
    return id
  }

  function providerClosed(): Promise<void> {
    return until('the provider’s socket is closed', () => cluster.simulator.stats.open === 0)
  }

  async function settled(id: string) {
    await until('the run is settled', () => cluster.settled(id).length > 0, 10 * LEASE_MS)
    return cluster.settled(id)[0]
  }

  /** Two machines that wait for a Redis which is slow, or comes back after a while, also where all of them are slow. */
  async function patientPair(changes: Partial<InstanceSettings> = {}): Promise<readonly [Instance, Instance]> {
    const settings = { store: { prefix: 'patient:', leaseMs: 6_000 }, ...changes }
    return Promise.all([cluster.start(settings), cluster.start(settings)])
  }

  function expectExact({ events }: TestViewer): void {
    expect(idsOf(events)).toEqual(idsOf(events).map((_, i) => i + 1))
  }

  it('a producer that is killed leaves its viewers a real end, settled once by another machine', async () => {
    const [a, c] = await Promise.all([cluster.start(HASTY), cluster.start(HASTY)])
    const id = newId()
    const first = await ask(a.api, id, { count: LONG, thread: 't' })
    await first.has(5)
    const other = await rejoin(b.api, id)
    await other.has(20)
    const killed = performance.now()
    a.signal('SIGKILL')
    expect(await first.over).toBe('broken')
    expect(await other.over).toBe('done')
    const took = performance.now() - killed
    expect(took).toBeLessThan(3 * LEASE_MS)
    await providerClosed()
    expectExact(other)
    expect(endOf(other.events)).toMatchObject({ status: 'incomplete', error: { code: 'producer_lost' } })
    const text = textOf(other.events)
    expect(textOfTokens(LONG).startsWith(text)).toBe(true)
    expect(await settled(id)).toMatchObject({ status: 'incomplete', code: 'producer_lost', attempt: 1, text })
    // The viewer that saw more than was saved learns of the end from the run.
    const ahead = await fetch(`${c.api}/runs/${id}/events?after=${other.events.length + 3}`)
    expect(ahead.status).toBe(409)
    expect(await runOf(c.api, id)).toMatchObject({ status: 'incomplete', message: { text } })
  }, 60_000)

  it('a run whose stop was asked for when its producer died ends as stopped', async () => {
    const a = await cluster.start(HASTY)
    const id = newId()
    const first = await ask(a.api, id, { count: LONG })
    await first.has(5)
    a.signal('SIGSTOP')
    await stop(b.api, id)
    a.signal('SIGKILL')
    expect(await settled(id)).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'unknown' } })
  }, 60_000)

  it('a producer that is frozen and thawed finds itself fenced, hangs up and writes nothing', async () => {
    const a = await cluster.start(HASTY)
    const id = newId()
    const first = await ask(a.api, id, { count: LONG })
    await first.has(5)
    const other = await rejoin(b.api, id)
    await other.has(5)
    a.signal('SIGSTOP')
    expect(await other.over).toBe('done')
    const after = await runOf(b.api, id)
    a.signal('SIGCONT')
    await providerClosed()
    expect(await first.over).toBe('done')
    expect(endOf(first.events)).toMatchObject({ error: { code: 'producer_lost' } })
    expect(await settled(id)).toMatchObject({ code: 'producer_lost' })
    expect(a.settled).toEqual([])
    expect(await runOf(b.api, id)).toEqual(after)
  }, 60_000)

  it('a producer that cannot reach Redis for a lease hangs up and ends its viewers; another machine has recorded it', async () => {
    const proxy = await startProxy(cluster.redis.socket)
    const a = await cluster.start({ ...HASTY, redis: proxy.socket })
    const id = newId()
    const first = await ask(a.api, id, { count: LONG })
    await first.has(20)
    const other = await rejoin(b.api, id)
    await other.has(10)
    const cut = performance.now()
    proxy.cut()
    expect(await first.over).toBe('done')
    expect(performance.now() - cut).toBeLessThan(2 * LEASE_MS)
    expect(performance.now() - cut).toBeGreaterThan(LEASE_MS / 2)
    expectExact(first)
    expect(endOf(first.events)).toMatchObject({ status: 'incomplete', error: { code: 'producer_lost' } })
    await providerClosed()
    expect(await other.over).toBe('done')
    proxy.mend()
    expect(await settled(id)).toMatchObject({ code: 'producer_lost' })
    expect(a.settled).toEqual([])
    await proxy.close()
  }, 60_000)

  it('a producer that cannot reach Redis for a lease records its end on return, where nobody else has', async () => {
    const proxy = await startProxy(cluster.redis.socket)
    const store = { prefix: 'alone:', leaseMs: LEASE_MS }
    const a = await cluster.start({ redis: proxy.socket, store })
    const id = newId()
    const first = await ask(a.api, id, { count: LONG })
    await first.has(20)
    proxy.cut()
    expect(await first.over).toBe('done')
    proxy.mend()
    expect(await settled(id)).toMatchObject({ status: 'incomplete', code: 'producer_lost', attempt: 1 })
    const whole = await rejoin(a.api, id)
    await whole.over
    expect(endOf(whole.events)).toMatchObject({ error: { code: 'producer_lost' } })
    await proxy.close()
  }, 60_000)

  it('viewers miss nothing and see nothing twice while pub/sub breaks again and again', async () => {
    const a = await cluster.start(HASTY)
    const admin = await cluster.redis.connect()
    const id = newId()
    const first = await ask(a.api, id, { count: 150 })
    const other = await rejoin(b.api, id)
    for (let i = 0; i < 4; i += 1) {
      await sleep(200)
      await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
    }
    expect(await first.over).toBe('done')
    expect(await other.over).toBe('done')
    expect(other.events).toEqual(first.events)
    expect(textOf(other.events)).toBe(textOfTokens(150))
    expect(await settled(id)).toMatchObject({ status: 'completed', attempt: 1 })
  }, 60_000)

  it('a slow Redis slows nobody’s own viewers, and everybody else’s by little', async () => {
    const proxy = await startProxy(cluster.redis.socket)
    const [a, c] = await patientPair({ redis: proxy.socket })
    proxy.delayMs = 150
    const id = newId()
    const first = await ask(a.api, id, { count: 100 })
    const other = await rejoin(c.api, id)
    expect(await first.over).toBe('done')
    const firstOver = performance.now()
    expect(await other.over).toBe('done')
    expect(performance.now() - firstOver).toBeLessThan(3_000)
    expect(other.events).toEqual(first.events)
    expect(await settled(id)).toMatchObject({ status: 'completed', attempt: 1 })
    await proxy.close()
  }, 60_000)

  it('a Redis that is restarted with its data loses nobody anything', async () => {
    const [a, c] = await patientPair()
    const id = newId()
    const first = await ask(a.api, id, { count: 200 })
    await first.has(20)
    const other = await rejoin(c.api, id)
    await other.has(20)
    await cluster.redis.restart('with-data')
    expect(await first.over).toBe('done')
    expect(await other.over).toBe('done')
    expect(textOf(first.events)).toBe(textOfTokens(200))
    expect(other.events).toEqual(first.events)
    expect(await settled(id)).toMatchObject({ status: 'completed', attempt: 1 })
  }, 60_000)

  it('a Redis that forgets everything leaves a run to its own machine, which ends and settles it properly', async () => {
    const [a, c] = await patientPair()
    const id = newId()
    const requests = cluster.simulator.stats.requests.length
    const first = await ask(a.api, id, { count: 200 })
    await first.has(20)
    await cluster.redis.restart('empty')
    const again = await ask(a.api, id, { count: 200 })
    expect(await first.over).toBe('done')
    expect(textOf(first.events)).toBe(textOfTokens(200))
    await again.over
    expect(again.events).toEqual(first.events)
    expect(await settled(id)).toMatchObject({ status: 'completed', attempt: 1, text: textOfTokens(200) })
    expect(c.settled).toEqual([])
    expect(a.troubles.join()).toContain('has lost a run')
    expect(cluster.simulator.stats.requests.length).toBe(requests + 1)
  }, 60_000)

  it('a settlement that died in the call is called again by another machine, and is not by one that hangs or throws', async () => {
    const [a, c] = await Promise.all([
      cluster.start({ ...HASTY, onSettled: 'hang' }),
      cluster.start({ ...HASTY, onSettled: 'throw' }),
    ])
    const [hanging, throwing] = [randomUUID(), newId()]
    const viewers = await Promise.all([ask(a.api, hanging, { count: 3 }), ask(c.api, throwing, { count: 3 })])
    await Promise.all(viewers.map(({ over }) => over))
    await settled(throwing)
    expect(await settled(hanging)).toMatchObject({ attempt: 1, status: 'completed' })
    await sleep(2 * LEASE_MS)
    a.signal('SIGKILL')
    await until('it is settled again', () => cluster.settled(hanging).length === 2, 10 * LEASE_MS)
    expect(cluster.settled(hanging)).toMatchObject([
      { attempt: 1, text: textOfTokens(3) },
      { attempt: 2, text: textOfTokens(3), status: 'completed' },
    ])
  }, 60_000)

  it('none of these runs is settled twice', async () => {
    await sleep(3 * LEASE_MS)
    expect(ids.map((id) => cluster.settled(id).length)).toEqual(ids.map(() => 1))
  })
})
