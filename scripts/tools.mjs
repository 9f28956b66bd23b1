import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workspace.mjs'

/**
 * Programs that the tests need and npm does not bring, by absolute path; undefined where the machine has none.
 *
 * @typedef {{ readonly chromium?: string | undefined, readonly redisServer?: string | undefined }} Tools
 */

const CACHE = join(ROOT, '.cache')
const TOOLS_FILE = join(CACHE, 'tools.json')

/** @param {Tools} tools */
export function writeTools(tools) {
  mkdirSync(CACHE, { recursive: true })
  writeFileSync(TOOLS_FILE, `${JSON.stringify(tools, null, 2)}\n`)
}

/**
 * What `writeTools` wrote last; no tool at all, before that.
 *
 * @returns {Tools}
 */
export function readTools() {
  return existsSync(TOOLS_FILE) ? JSON.parse(readFileSync(TOOLS_FILE, 'utf8')) : {}
}
