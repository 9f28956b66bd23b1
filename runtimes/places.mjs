import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** This folder, absolute. */
export const RUNTIMES = dirname(fileURLToPath(import.meta.url))

/** The workspace's root folder, absolute. */
export const ROOT = dirname(RUNTIMES)

/** Where the suite is built, and all that it imports. */
export const BUILT_SUITE = join(RUNTIMES, '.build')

/** The copy of the built core that the suite imports: as a user has it, without its sources. Below `BUILT_SUITE`. */
export const INSTALLED_CORE = 'node_modules/@sluice/core'

/**
 * What may be imported of core: for each name the file that stands for it, below `BUILT_SUITE`.
 *
 * @returns {readonly { readonly name: string, readonly file: string }[]}
 */
export function coreEntries() {
  /** @type {{ readonly name: string, readonly exports: Record<string, string | { readonly default: string }> }} */
  const { name, exports } = JSON.parse(readFileSync(join(BUILT_SUITE, INSTALLED_CORE, 'package.json'), 'utf8'))
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : { name: name + subpath.slice(1), file: join(INSTALLED_CORE, target.default) },
  )
}

/**
 * A file of a package that this folder depends on, or of the package with its program that it depends on in turn for
 * this platform.
 *
 * @param {string} packageName
 * @param {string} file
 * @returns {string | undefined} its absolute path; undefined where there is no such package for this platform
 */
export function packageFile(packageName, file) {
  const manifest = join(RUNTIMES, 'node_modules', packageName, 'package.json')
  if (!existsSync(manifest)) return undefined
  // What a package depends on lies beside it, in pnpm's own folder.
  const { resolve } = createRequire(realpathSync(manifest))
  /** @type {{ readonly optionalDependencies?: Readonly<Record<string, string>> }} */
  const { optionalDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
  const manifests = [...Object.keys(optionalDependencies).map((name) => `${name}/package.json`), manifest]
  return manifests.flatMap((path) => fileBeside(path, resolve, file)).at(0)
}

/**
 * @param {string} manifest
 * @param {(path: string) => string} resolve
 * @param {string} file
 * @returns {string[]} none where the manifest is not installed or the file is not there
 */
function fileBeside(manifest, resolve, file) {
  try {
    return [join(dirname(resolve(manifest)), file)].filter(existsSync)
  } catch {
    return []
  }
}
