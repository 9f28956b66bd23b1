import { randomUUID } from 'node:crypto'
import { endOf, idsOf, textOf, until } from '@sluice/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask, rejoin, runOf, startCluster, stop, textOfTokens, type Cluster, type Instance } from './testing/cluster.ts'
import { WITHOUT_REDIS } from './testing/redis-server.ts'

const GRACE_MS = 800

describe.skipIf(WITHOUT_REDIS)('runs of several machines', () => {
  let cluster: Cluster
  let a: Instance
  let b: Instance

  beforeAll(async () => {
    cluster = await startCluster()
    const onDisconnect = { graceMs: GRACE_MS }
    ;[a, b] = await Promise.all([cluster.start({ onDisconnect }), cluster.start({ onDisconnect })])
  }, 60_000)
  afterAll(() => cluster.close())

  it('are rejoined on another machine, exactly behind any event, while they go on and after their end', async () => {
    const id = randomUUID()
    const first = await ask(a.api, id)
    await first.has(10)
    const joined = await rejoin(b.api, id, 7)
    const whole = await rejoin(b.api, id)
    await Promise.all([first.over, joined.over, whole.over])
    expect(whole.events).toEqual(first.events)
    expect(joined.events).toEqual(first.events.slice(7))
    expect(idsOf(whole.events)).toEqual(idsOf(whole.events).map((_, i) => i + 1))
    expect(textOf(whole.events)).toBe(textOfTokens(40))
    const late = await rejoin(b.api, id, 30)
    await late.over
    expect(late.events).toEqual(first.events.slice(30))
    const end = await fetch(`${b.api}/runs/${id}/events?after=${first.events.length - 1}`)
    expect(end.status).toBe(204)
  })

  it('are found and told of on another machine', async () => {
    const [id, thread] = [randomUUID(), randomUUID()]
    const first = await ask(a.api, id, { thread })
    await first.has(10)
    const list = await (await fetch(`${b.api}/runs?thread=${thread}`)).json()
    expect(list).toMatchObject({ data: [{ id, status: 'streaming', thread, input: [{ content: 'Say 40' }] }] })
    await first.over
    // The run's own machine has told its end before Redis had it.
    await until('the end is known', async () => (await runOf(b.api, id)).status === 'completed')
    expect(await runOf(b.api, id)).toMatchObject({ id, message: { text: textOfTokens(40) } })
  })

  it('are started once, wherever the same request comes again', async () => {
    const id = randomUUID()
    const before = cluster.simulator.stats.requests.length
    const both = await Promise.all([ask(a.api, id), ask(b.api, id)])
    await Promise.all(both.map(({ over }) => over))
    expect(both[0]?.events).toEqual(both[1]?.events)
    expect(cluster.simulator.stats.requests.length).toBe(before + 1)
    await until('the run is settled', () => cluster.settled(id).length > 0)
    expect(cluster.settled(id)).toMatchObject([{ attempt: 1, status: 'completed' }])
  })

  it('feed viewers of their own machine while Redis says nothing', async () => {
    const id = randomUUID()
    const first = await ask(a.api, id)
    await first.has(3)
    cluster.redis.signal('SIGSTOP')
    const came = first.events.length
    await until('ten more events have come', () => first.events.length >= came + 10)
    cluster.redis.signal('SIGCONT')
    expect(await first.over).toBe('done')
    expect(textOf(first.events)).toBe(textOfTokens(40))
  })

  describe('that nobody watches', () => {
    it('live on while the last viewer sits at another machine', async () => {
      const id = randomUUID()
      const first = await ask(a.api, id, { count: 250 })
      await first.has(3)
      const other = await rejoin(b.api, id)
      await other.has(3)
      first.leave()
      expect(await other.over).toBe('done')
      expect(textOf(other.events)).toBe(textOfTokens(250))
    })

    it('live on when the reload lands on another machine within the grace', async () => {
      const id = randomUUID()
      const first = await ask(a.api, id, { count: 250 })
      await first.has(3)
      first.leave()
      await sleep(GRACE_MS / 2)
      const other = await rejoin(b.api, id, 3)
      expect(await other.over).toBe('done')
      expect(endOf(other.events)).toMatchObject({ status: 'completed' })
    })

    it('are stopped one grace after the last viewer has left, wherever that was', async () => {
      const id = randomUUID()
      const first = await ask(a.api, id, { count: 1_000 })
      await first.has(3)
      const other = await rejoin(b.api, id)
      await other.has(3)
      first.leave()
      await sleep(GRACE_MS / 2)
      other.leave()
      const left = performance.now()
      await until('the run is settled', () => cluster.settled(id).length > 0, 8_000)
      expect(performance.now() - left).toBeGreaterThan(GRACE_MS - 50)
      expect(cluster.settled(id)).toMatchObject([
        { status: 'cancelled', cancellation: { requestedBy: 'disconnect' }, attempt: 1 },
      ])
    })
  })

  describe('are stopped from another machine', () => {
    /** ms from the stop until the provider saw its socket close. */
    async function stopOnce(): Promise<number> {
      const id = randomUUID()
      const first = await ask(a.api, id, { count: 1_000 })
      await first.has(5)
      const asking = cluster.simulator.stats.requests.at(-1)?.id
      const asked = performance.timeOrigin + performance.now()
      const answer = await stop(b.api, id)
      expect(answer).toMatchObject({ status: 'cancelled', cancellation: { requestedBy: 'user', upstream: 'closed' } })
      expect(await first.over).toBe('done')
      expect(endOf(first.events)).toMatchObject({ status: 'cancelled' })
      await until('the run is settled', () => cluster.settled(id).length > 0)
      expect(cluster.settled(id)).toMatchObject([{ status: 'cancelled', attempt: 1 }])
      const closedAt = (): number | null | undefined =>
        cluster.simulator.stats.requests.find((request) => request.id === asking)?.closedAt
      await until('the provider’s socket is closed', () => typeof closedAt() === 'number')
      return (closedAt() ?? Infinity) - asked
    }

    async function stopOften(count: number): Promise<readonly number[]> {
      const took: number[] = []
      for (let i = 0; i < count; i += 1) took.push(await stopOnce())
      return took.toSorted((x, y) => x - y)
    }

    it('at once', async () => {
      const took = await stopOften(20)
      expect(took.at(-1)).toBeLessThan(500)
    }, 60_000)

    it('within 500 ms when pub/sub is down', async () => {
      const admin = await cluster.redis.connect()
      await admin.sendCommand(['ACL', 'SETUSER', 'default', '-subscribe'])
      await admin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
      const took = await stopOften(20)
      await admin.sendCommand(['ACL', 'SETUSER', 'default', '+subscribe'])
      expect(took.at(-1)).toBeLessThan(500)
    }, 60_000)

    it('while the provider is silent', async () => {
      const id = randomUUID()
      const starting = ask(a.api, id, { model: 'simulator/stall', count: 6 })
      const first = await starting
      await first.has(3)
      await sleep(100)
      expect(await stop(b.api, id)).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'closed' } })
      expect(await first.over).toBe('done')
    })

    it('before the first token', async () => {
      const id = randomUUID()
      const before = cluster.simulator.stats.requests.length
      const starting = ask(a.api, id, { model: 'simulator/slow' })
      await until('the provider is asked', () => cluster.simulator.stats.requests.length > before)
      expect(await stop(b.api, id)).toMatchObject({ status: 'cancelled', message: { text: '' } })
      const first = await starting
      expect(await first.over).toBe('done')
      expect(endOf(first.events)).toMatchObject({ status: 'cancelled' })
      expect(textOf(first.events)).toBe('')
    })

    it('before they begin', async () => {
      const id = randomUUID()
      const before = cluster.simulator.stats.requests.length
      expect(await stop(b.api, id)).toMatchObject({ status: 'cancelled', cancellation: { upstream: 'not-started' } })
      await expect(ask(a.api, id)).rejects.toThrow('run_cancelled')
      expect(cluster.simulator.stats.requests.length).toBe(before)
      expect(cluster.settled(id)).toEqual([])
    })
  })
})
