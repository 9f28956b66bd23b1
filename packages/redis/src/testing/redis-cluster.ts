import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '@sluice/contract'
import { createClient, createCluster } from 'redis'
import { REDIS_PROGRAM } from './redis-server.ts'

export type TestClusterClient = ReturnType<typeof newClient>

/** A Redis Cluster of three masters, each with a third of the slots. */
export interface TestRedisCluster {
  connect(): Promise<TestClusterClient>
  close(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new TypeError('Expected the server to have a port.')
  return address.port
}

function newClient(ports: readonly string[]) {
  return createCluster({ rootNodes: ports.map((port) => ({ url: `redis://127.0.0.1:${port}` })) })
}

const SLOTS = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const

export async function startRedisCluster(): Promise<TestRedisCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-redis-cluster-'))
  const children: ChildProcess[] = []
  const clients: TestClusterClient[] = []
  const nodes = await Promise.all(SLOTS.map(startNode))
  const [first] = nodes

  async function startNode([from, to]: readonly [number, number]) {
    const [port, bus] = [await freePort(), await freePort()].map(String)
    if (port === undefined || bus === undefined) throw new Error('Expected two ports.')
    const network = ['--bind', '127.0.0.1', '--port', port, '--cluster-port', bus]
    const kept = ['--save', '', '--appendonly', 'no', '--dir', directory]
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `${port}.conf`]
    children.push(spawn(REDIS_PROGRAM, [...network, ...kept, ...cluster], { stdio: 'ignore' }))
    const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: 20 } })
    client.on('error', () => {})
    await client.connect()
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(from), String(to)])
    return { port, bus, client }
  }

  async function isOk(client: (typeof nodes)[number]['client']): Promise<boolean> {
    const info: string = await client.sendCommand(['CLUSTER', 'INFO'])
    return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
  }

  for (const { client } of nodes.slice(1)) {
    await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', first?.port ?? '', first?.bus ?? ''])
  }
  for (const { client } of nodes) {
    await until('the cluster is there', () => isOk(client), 30_000)
    client.destroy()
  }

  return {
    async connect() {
      const client = newClient(nodes.map(({ port }) => port))
      client.on('error', () => {})
      clients.push(client)
      await client.connect()
      return client
    },
    async close() {
      for (const client of clients) client.destroy()
      const ended = children.map((child) => once(child, 'exit'))
      for (const child of children) child.kill('SIGKILL')
      await Promise.all(ended)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
