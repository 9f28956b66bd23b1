import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'

/** What `pnpm test` has found, by absolute path; empty without one. */
const FOUND = process.env['REDIS_SERVER'] ?? ''

/** The program to start. */
export const REDIS_PROGRAM: string = FOUND === '' ? 'redis-server' : FOUND

/** Whether the tests that need a Redis are skipped: on a machine without one that is not a CI. */
export const WITHOUT_REDIS: boolean = FOUND === '' && (process.env['CI'] ?? '') === ''

export type TestClient = ReturnType<typeof newClient>

/** A Redis of the test's own, on a socket file, which keeps nothing but what `save` saves. */
export interface TestRedis {
  readonly socket: string
  /** A connected client, closed with the server. Redis knows its connections by `name`. */
  connect(name?: string): Promise<TestClient>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  /** Breaks off without saying good-bye, and starts anew: with what it had, or empty. */
  restart(kept: 'with-data' | 'empty'): Promise<void>
  close(): Promise<void>
}

function newClient(path: string, name = 'test') {
  return createClient({ name, socket: { path, reconnectStrategy: 20 } })
}

export async function startRedis(): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-redis-'))
  const socket = join(directory, 'redis.sock')
  const clients: TestClient[] = []
  const fixed = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', directory]
  let server = start()
  await answering()

  function start() {
    return spawn(REDIS_PROGRAM, [...fixed, '--loglevel', 'warning'], { stdio: 'ignore' })
  }

  async function answering(): Promise<void> {
    const deadline = performance.now() + 10_000
    for (;;) {
      const probe = createClient({ socket: { path: socket, reconnectStrategy: false } })
      probe.on('error', () => {})
      try {
        await probe.connect()
        await probe.ping()
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await sleep(10)
      } finally {
        probe.destroy()
      }
    }
  }

  async function stop(): Promise<void> {
    const stopped = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
    server.kill('SIGKILL')
    await stopped
  }

  async function connect(name?: string): Promise<TestClient> {
    const client = newClient(socket, name)
    client.on('error', () => {})
    clients.push(client)
    await client.connect()
    return client
  }

  return {
    socket,
    connect,
    signal: (name) => void server.kill(name),
    async restart(kept) {
      if (kept === 'with-data') await (await connect()).sendCommand(['SAVE'])
      else rmSync(join(directory, 'dump.rdb'), { force: true })
      await stop()
      server = start()
      await answering()
    },
    async close() {
      for (const client of clients) client.destroy()
      await stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
