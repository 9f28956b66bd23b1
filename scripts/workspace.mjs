import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './run-command.mjs'

/** The workspace's root folder, absolute. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name
 * @property {string} directory absolute
 * @property {boolean} isPublic whether it is published
 * @property {boolean} hasTests whether it has a `test` script
 */

/**
 * The packages of the workspace as pnpm sees them, without the root, by name.
 *
 * @returns {Promise<readonly WorkspacePackage[]>}
 * @throws {Error} when pnpm is not on the PATH or cannot read the workspace
 */
export async function workspacePackages() {
  const listing = await runCommand('pnpm', ['ls', '--recursive', '--depth', '-1', '--json'], { cwd: ROOT })
  if (listing.code !== 0)
    throw new Error(`pnpm could not list the workspace's packages. It printed:\n${listing.output}`)
  /** @type {readonly { path: string }[]} */
  const listed = JSON.parse(listing.stdout)
  return listed
    .map(({ path }) => path)
    .filter((path) => path !== ROOT)
    .map(readPackage)
    .toSorted((a, b) => a.name.localeCompare(b.name))
}

/**
 * @param {string} directory
 * @returns {WorkspacePackage}
 */
function readPackage(directory) {
  /** @type {{ name: string, private?: boolean, scripts?: Record<string, string> }} */
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  const hasTests = manifest.scripts?.['test'] !== undefined
  return { name: manifest.name, directory, isPublic: manifest.private !== true, hasTests }
}
