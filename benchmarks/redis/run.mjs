/**
 * Measures what Redis costs: streams per core at 50 tokens a second with and without it, Redis' own CPU, and the memory of
 * a run. In benchmarks/, with `redis-server` on the PATH or named by REDIS_SERVER:
 *
 *     node redis/run.mjs                                on this Node.js
 *     node redis/run.mjs --streams 100 --tokens 500     as many at a time, each as long
 *     node redis/run.mjs --write                        writes redis/RESULTS.md
 */
import { fork, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { requireBuilt } from '../built.mjs'
import { reportOf } from './report.mjs'

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '100' },
    tokens: { type: 'string', default: '500' },
    write: { type: 'boolean', default: false },
  },
})
const [streams, tokens] = [Number(values.streams), Number(values.tokens)]
/** @type {(specifier: string) => Promise<any>} what is installed here alone is not known to the check of the repository */
const load = (specifier) => import(specifier)
requireBuilt(['@sluice/express', '@sluice/redis', '@sluice/simulator', 'redis'])

const { createClient } = await load('redis')
const directory = mkdtempSync(join(tmpdir(), 'sluice-benchmark-'))
const socket = join(directory, 'redis.sock')
const settings = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', directory]
const redisServer = spawn(process.env['REDIS_SERVER'] ?? 'redis-server', settings, { stdio: 'ignore' })
const redis = createClient({ socket: { path: socket, reconnectStrategy: 50 } })
redis.on('error', () => {})
await redis.connect()

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
async function start(script, args) {
  const child = fork(here(script), args)
  const [told] = await once(child, 'message')
  return { child, ...told }
}

/** @param {import('node:child_process').ChildProcess} child */
async function cpuOf(child) {
  child.send('cpu')
  const [{ cpuMs }] = await once(child, 'message')
  return cpuMs
}

/** What Redis has used so far, in ms. */
async function cpuOfRedis() {
  const info = await redis.info('cpu')
  const used = /used_cpu_(?:sys|user):([\d.]+)/g
  return Array.from(info.matchAll(used), ([, seconds]) => Number(seconds) * 1_000).reduce((sum, ms) => sum + ms, 0)
}

/**
 * Starts a run at one instance and reads it to its end, there or at another one.
 *
 * @param {string} api
 * @param {string} elsewhere
 * @param {number} count
 */
async function stream(api, elsewhere, count) {
  const id = randomUUID()
  const headers = { 'content-type': 'application/json', 'run-id': id }
  const asking = request(`${api}/chat/completions`, { method: 'POST', headers })
  asking.end(JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: String(count) }] }))
  const [own] = await once(asking, 'response')
  if (elsewhere === api) return void (await once(own.resume(), 'end'))
  const [other] = await once(get(`${elsewhere}/runs/${id}/events`), 'response')
  own.destroy()
  await once(other.resume(), 'end')
  return id
}

/**
 * @param {string} name
 * @param {readonly string[][]} instances the arguments of the producer, and of where its viewers are
 */
async function measure(name, instances) {
  const started = await Promise.all(instances.map((args) => start('instance.mjs', args)))
  const [producer, viewed] = [started[0], started.at(-1)]
  const all = (/** @type {number} */ count) =>
    Promise.all(Array.from({ length: streams }, () => stream(producer.api, viewed.api, count)))
  await all(20) // warms up
  const before = await Promise.all([...started.map(({ child }) => cpuOf(child)), cpuOfRedis()])
  await all(tokens)
  const after = await Promise.all([...started.map(({ child }) => cpuOf(child)), cpuOfRedis()])
  const perToken = after.map((ms, i) => (ms - before[i]) / (streams * tokens))
  for (const { child } of started) child.disconnect()
  return { name, instances: perToken.slice(0, -1), redis: perToken.at(-1) ?? 0 }
}

async function memoryOfRun() {
  const instance = await start('instance.mjs', [provider.url, socket])
  await redis.sendCommand(['FLUSHALL'])
  await stream(instance.api, instance.api, tokens)
  await new Promise((resolve) => setTimeout(resolve, 500))
  /** @type {readonly string[]} */
  const keys = await redis.keys('sluice:{*')
  let bytes = 0
  for (const key of keys) bytes += (await redis.memoryUsage(key, { SAMPLES: 0 })) ?? 0
  instance.child.disconnect()
  return bytes
}

const provider = await start('provider.mjs', [])
const results = [
  await measure('memory store', [[provider.url]]),
  await measure('Redis, viewers at the producer', [[provider.url, socket]]),
  await measure('Redis, viewers at another instance', [
    [provider.url, socket],
    [provider.url, socket],
  ]),
]
const bytes = await memoryOfRun()
const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown'
const report = reportOf({ streams, tokens, results, bytes, version, date: new Date(), cpu: cpus() })
console.log(report)
if (values.write) writeFileSync(here('RESULTS.md'), report)

provider.child.disconnect()
redis.destroy()
redisServer.kill()
await once(redisServer, 'exit')
rmSync(directory, { recursive: true, force: true })
