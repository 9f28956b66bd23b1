/** The provider and the relays as child processes. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @typedef {{ readonly cpuMs: number, readonly heapUsed: number, readonly rss: number }} Used */
/** @typedef {{ readonly question: string, readonly closed: number, readonly tokens: readonly number[] }} Closing */

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * @param {string} node
 * @param {string} script
 * @param {readonly string[]} args
 */
async function start(node, script, args) {
  const child = fork(here(script), args, { execPath: node, execArgv: ['--expose-gc'] })
  const [{ port }] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${script} ${args[0]} ended with code ${code}.`))),
  ])
  return { child, origin: `http://127.0.0.1:${port}` }
}

/** @param {string} node */
export async function startProvider(node) {
  const { child, origin } = await start(node, 'provider.mjs', [])
  /** @type {Map<string, (closing: Closing) => void>} */
  const waiting = new Map()
  child.on('message', (/** @type {Closing} */ closing) => waiting.get(closing.question)?.(closing))
  return {
    origin,
    /** @param {string} question @returns {Promise<Closing>} */
    closing: (question) => new Promise((resolve) => void waiting.set(question, resolve)),
    close: () => child.disconnect(),
  }
}

/**
 * @param {string} node
 * @param {string} name one of `RELAYS`
 * @param {string} provider
 */
export async function startRelay(node, name, provider) {
  const { child, origin } = await start(node, 'relay.mjs', [name, provider])
  return {
    name,
    url: `${origin}/v1/chat/completions`,
    /**
     * @param {'cpu' | 'memory'} what `memory` collects its garbage first
     * @returns {Promise<Used>} what it has used so far
     */
    async measure(what) {
      child.send(what)
      const [used] = await once(child, 'message')
      return used
    },
    close: () => child.disconnect(),
  }
}

/** @typedef {Awaited<ReturnType<typeof startRelay>>} Relay */
