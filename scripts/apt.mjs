import { existsSync } from 'node:fs'
import { executablesIn } from './find-program.mjs'
import { runCommand } from './run-command.mjs'

/**
 * Debian's package installer, ready to install without asking anything.
 *
 * @typedef {object} Apt
 * @property {() => Promise<void>} update
 *   Fetches the package lists. A failure is no end, as the lists that are there may do.
 * @property {(name: string) => Promise<void>} install
 *   Installs one package without its recommendations, telling every 10 s that it still works, and why it failed if it did.
 * @property {(service: string) => Promise<void>} stopService
 *   Stops, where systemd runs, a service that a package has just started on its own.
 */

/**
 * Apt, where this user may install with it: root, or whom sudo asks for no password. Otherwise undefined.
 *
 * @param {(line: string) => void} tell
 * @returns {Promise<Apt | undefined>}
 */
export async function findApt(tell) {
  if (executablesIn(['apt-get'], process.env['PATH'] ?? '').length === 0) return undefined
  const isRoot = process.getuid?.() === 0
  if (!isRoot && (await runCommand('sudo', ['-n', 'true'])).code !== 0) return undefined

  /** @param {...string} words */
  const asRoot = (...words) => (isRoot ? runCommand('env', words) : runCommand('sudo', ['-n', 'env', ...words]))
  /** @param {...string} args */
  const aptGet = (...args) =>
    asRoot('DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet', '--option', 'DPkg::Lock::Timeout=120', ...args)

  return {
    async update() {
      await aptGet('update')
    },
    async install(name) {
      const started = Date.now()
      const seconds = () => Math.round((Date.now() - started) / 1000)
      tell(`installing ${name} with apt-get; this can take a minute`)
      const ticking = setInterval(() => tell(`still installing ${name} (${seconds()} s)`), 10_000)
      const { code, output } = await aptGet('install', '--yes', '--no-install-recommends', name)
      clearInterval(ticking)
      const lastLines = output.trimEnd().split('\n').slice(-8).join('\n  ')
      tell(
        code === 0
          ? `installed ${name} in ${seconds()} s`
          : `apt-get did not install ${name}. It said:\n  ${lastLines}`,
      )
    },
    async stopService(service) {
      if (existsSync('/run/systemd/system')) await asRoot('systemctl', 'disable', '--now', service)
    },
  }
}
