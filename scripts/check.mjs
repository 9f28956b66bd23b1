/**
 * Checks everything about the workspace but what its tests check: format, lint and types, the build, the packages as npm would
 * get them, unused code and dependencies, sizes. Every step runs and prints its output only if it fails; the exit code is 1
 * if one did.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.mjs'
import { ROOT, workspacePackages } from './workspace.mjs'

/** @typedef {import('./workspace.mjs').WorkspacePackage} WorkspacePackage */

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {readonly (readonly string[])[]} commands arguments of pnpm, at the root
 */

const TARBALLS = join(ROOT, '.cache', 'tarballs')

/** @param {WorkspacePackage} publicPackage */
const tarballOf = ({ name }) => join(TARBALLS, `${name.replace('@', '').replace('/', '-')}.tgz`)

/**
 * The packages are packed first, because only the tarball holds what a user gets: published files alone, and versions in
 * place of `workspace:*`.
 *
 * @param {readonly WorkspacePackage[]} publicPackages
 * @returns {readonly Step[]}
 */
function steps(publicPackages) {
  const tarballs = publicPackages.map(tarballOf)
  return [
    { title: 'format (oxfmt)', commands: [['exec', 'oxfmt', '--check']] },
    { title: 'lint and types (oxlint)', commands: [['exec', 'oxlint']] },
    { title: 'build (turbo)', commands: [['exec', 'turbo', 'run', 'build']] },
    {
      title: 'pack (pnpm)',
      commands: publicPackages.map((it) => ['--dir', it.directory, 'pack', '--out', tarballOf(it)]),
    },
    { title: 'packages (publint)', commands: tarballs.map((tarball) => ['exec', 'publint', '--strict', tarball]) },
    {
      title: 'packaged types (attw)',
      commands: tarballs.map((tarball) => ['exec', 'attw', '--profile', 'esm-only', tarball]),
    },
    { title: 'unused code and dependencies (knip)', commands: [['exec', 'knip']] },
    { title: 'sizes (size-limit)', commands: [['exec', 'size-limit']] },
  ]
}

/**
 * @param {Step} step
 * @returns {Promise<boolean>} whether it succeeded
 */
async function perform({ title, commands }) {
  const started = Date.now()
  process.stdout.write(`${title} … `)
  const failed = []
  for (const args of commands) {
    const { code, output } = await runCommand('pnpm', args, { cwd: ROOT })
    if (code !== 0) failed.push(`$ pnpm ${args.join(' ')}\n${output.trimEnd()}\n`)
  }
  console.log(`${failed.length === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`)
  for (const text of failed) console.log(text)
  return failed.length === 0
}

process.env['TURBO_TELEMETRY_DISABLED'] = '1'
rmSync(TARBALLS, { recursive: true, force: true })

const packages = await workspacePackages()
const failedTitles = []
for (const step of steps(packages.filter(({ isPublic }) => isPublic))) {
  if (!(await perform(step))) failedTitles.push(step.title)
}
if (failedTitles.length > 0) {
  console.log(`check failed: ${failedTitles.join(', ')}. The output of each stands above, below its title.`)
  process.exitCode = 1
}
