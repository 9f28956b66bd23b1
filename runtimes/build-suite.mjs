import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { runCommand } from '../scripts/run-command.mjs'
import { BUILT_SUITE, INSTALLED_CORE, ROOT, RUNTIMES, coreEntries, packageFile } from './places.mjs'

/** What `workerd test` is told to run. */
export const WORKERD_CONFIG = join(BUILT_SUITE, 'workerd.capnp')

/**
 * Builds the suite for runtimes without TypeScript, and installs core beside it. Nothing of core is bundled but the
 * cases: each runtime resolves the built package on its own, as a user's would. `main.js` and `worker.js` share one file
 * with the whole suite.
 *
 * @throws {Error} when it cannot be built
 */
export async function buildSuite() {
  rmSync(BUILT_SUITE, { recursive: true, force: true })
  for (const part of ['dist', 'package.json']) {
    cpSync(join(ROOT, 'packages', 'core', part), join(BUILT_SUITE, INSTALLED_CORE, part), { recursive: true })
  }
  await bundle('suite/suite.ts', 'suite/main.ts', 'suite/worker.ts')
  writeFileSync(WORKERD_CONFIG, workerdConfig())
}

/** @param {...string} entries */
async function bundle(...entries) {
  const esbuild = packageFile('esbuild', 'bin/esbuild')
  if (esbuild === undefined) throw new Error('The suite was not built: esbuild has no program for this platform.')
  const bundling = ['--bundle', '--splitting', '--format=esm', '--packages=external', '--chunk-names=[name]']
  // An own target and no tsconfig.json, as the one there leads from core's names to its sources.
  const options = [...bundling, '--target=es2022', '--tsconfig-raw={}', `--outdir=${BUILT_SUITE}`]
  const { code, output } = await runCommand(esbuild, [...entries, ...options], { cwd: RUNTIMES })
  if (code !== 0) throw new Error(`The suite was not built. esbuild printed:\n${output}`)
}

/** All modules, as workerd reads no folder, by the names that imports lead to. The first one is the worker. */
function workerdConfig() {
  const files = readdirSync(BUILT_SUITE, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.js'))
  const workerFirst = files.toSorted((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'))
  const modules = [
    ...workerFirst.map((file) => ({ name: file, source: `embed "${file}"` })),
    ...coreEntries().map(({ name, file }) => ({
      name,
      source: `"export * from '${relative(dirname(name), file)}'"`,
    })),
  ]
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "suite", worker = (
  compatibilityDate = "2026-11-01",
  modules = [
${modules.map(({ name, source }) => `    (name = "${name}", esModule = ${source}),`).join('\n')}
  ],
))]);
`
}
