import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runCommand } from './run-command.mjs'

/**
 * Whether `path` names a file that this user may execute.
 *
 * @param {string} path
 * @returns {boolean}
 */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * Every executable of these names in the folders of `searchPath`, the names in order of preference.
 *
 * @param {readonly string[]} names
 * @param {string} searchPath as in the environment variable `PATH`
 * @returns {readonly string[]}
 */
export function executablesIn(names, searchPath) {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isExecutable)
}

/**
 * The first of `paths` that exists and answers `--version` within 20 s. An executable may be an empty promise: Ubuntu's
 * `chromium-browser`, for one, only says which snap to install.
 *
 * @param {readonly string[]} paths
 * @returns {Promise<string | undefined>}
 */
export async function firstThatRuns(paths) {
  for (const path of paths.filter(isExecutable)) {
    const { code } = await runCommand(path, ['--version'], { timeoutMs: 20_000 })
    if (code === 0) return path
  }
  return undefined
}
