import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Ends the program, saying what to run, if a package to be measured is not installed here or not built.
 *
 * @param {readonly string[]} specifiers as in an import, our packages and the peers
 */
export function requireBuilt(specifiers) {
  for (const specifier of specifiers) {
    const file = resolvedFile(specifier)
    if (file === undefined) giveUp(`${specifier} is not installed. In benchmarks/, run: npx -y pnpm@12.21.0 install`)
    else if (!existsSync(file)) {
      giveUp(`${specifier} is not built. At the root of the repository, run: npx -y pnpm@12.21.0 run build`)
    }
  }
}

/** @param {string} specifier */
function resolvedFile(specifier) {
  try {
    return fileURLToPath(import.meta.resolve(specifier))
  } catch {
    return undefined
  }
}

/** @param {string} message */
function giveUp(message) {
  console.error(message)
  process.exit(1)
}
