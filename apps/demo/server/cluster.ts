import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createSimulator } from '@sluice/simulator'
import { balance } from './balance.ts'
import { listen } from './listen.ts'
import { readSettings, SettingsError } from './settings.ts'

/** How many instances stand behind the address. */
const INSTANCES = 2

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const directory = mkdtempSync(join(tmpdir(), 'sluice-cluster-'))
const instances: ChildProcess[] = []
const servers: ChildProcess[] = []
let isClosing = false

// The first Ctrl-C ends all in good order, a second one at once.
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (isClosing) process.exit(1)
    void close().then(() => process.exit(0))
  })
}
process.once('exit', () => {
  for (const child of [...instances, ...servers]) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

try {
  await main()
} catch (error) {
  if (!isClosing) {
    await close()
    if (!(error instanceof SettingsError)) throw error
    console.error(error.message)
    process.exit(1)
  }
}

/** Two demos behind one address, which share their runs through Redis and their conversations through one file. */
async function main(): Promise<void> {
  const { port, host, redisUrl, provider, threadsFile } = readSettings(process.env)
  const simulator = provider.kind === 'simulator' && provider.url === undefined ? await createSimulator(provider) : null
  const shared = {
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: redisUrl ?? (await startRedis()),
    THREADS_FILE: threadsFile ?? fileURLToPath(new URL('../.data/threads.db', import.meta.url)),
    ...(simulator !== null && { SIMULATOR_URL: simulator.url }),
  }
  const running = new Map<string, ChildProcess>()
  for (let i = 1; i <= INSTANCES; i++) {
    const { address, child } = await startInstance(`Instance ${i}`, shared)
    running.set(address, child)
    child.once('exit', () => running.delete(address))
  }
  const server = createServer(balance(() => [...running.keys()]))
  console.log(`Sluice demo: ${await listen(server, port, host)}`)
  const places = [...running].map(([address, { pid }]) => `${address} (process ${pid})`)
  console.log(`Each request goes to the next of ${INSTANCES} instances: ${places.join(', ')}`)
}

/** A Redis of the demo's own, on a socket file, which keeps nothing. */
async function startRedis(): Promise<string> {
  const socket = join(directory, 'redis.sock')
  const settings = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', directory]
  const child = start(process.env['REDIS_SERVER'] || 'redis-server', settings, process.env)
  servers.push(child)
  const isReady = await Promise.race([
    lineOf(child, /ready to accept connections/i).then((line) => line !== undefined),
    once(child, 'error').then(() => false),
  ]).catch(() => false)
  if (!isReady) {
    throw new SettingsError('There is no redis-server to start; install it, or name a running one with REDIS_URL.')
  }
  return `unix://${socket}`
}

async function startInstance(name: string, environment: Readonly<Record<string, string>>) {
  const script = fileURLToPath(new URL('main.js', import.meta.url))
  const child = start(process.execPath, [script], { ...process.env, ...environment })
  instances.push(child)
  const address = await lineOf(child, /^Sluice demo: (\S+)/)
  if (address === undefined) throw new SettingsError(`${name} did not start; what it said stands above.`)
  child.once('exit', () => {
    if (!isClosing) console.error(`${name} has ended; the others go on.`)
  })
  return { address, child }
}

/** In a group of its own, so that Ctrl-C reaches this process alone, which ends the others in their order. */
function start(command: string, parameters: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(command, parameters, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
}

/** The first group, or all, of the first line that matches; `undefined` if the process ends without one. */
async function lineOf({ stdout }: ChildProcess, pattern: RegExp): Promise<string | undefined> {
  if (stdout === null) return undefined
  for await (const line of createInterface({ input: stdout })) {
    const match = pattern.exec(line)
    if (match !== null) {
      stdout.resume()
      return match[1] ?? match[0]
    }
  }
  return undefined
}

/** Instances first: they end their answers in good order while Redis is there. */
async function close(): Promise<void> {
  isClosing = true
  await Promise.all(instances.map(end))
  await Promise.all(servers.map(end))
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
