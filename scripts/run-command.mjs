import { spawn } from 'node:child_process'

/**
 * @typedef {object} CommandResult
 * @property {number} code the exit code; 127 for a command that did not start, 1 for one that a signal ended
 * @property {string} stdout
 * @property {string} output stdout and stderr, in the order they came
 */

/**
 * Runs a command to its end, with no standard input, and gathers what it prints. Never rejects: `output` says why a command
 * did not start.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ readonly cwd?: string, readonly timeoutMs?: number }} [options] `timeoutMs`: none by default
 * @returns {Promise<CommandResult>}
 */
export function runCommand(command, args, { cwd, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text
    })
    child.once('error', ({ message }) =>
      resolve({ code: 127, stdout, output: `${command} did not start: ${message}\n` }),
    )
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, output }))
  })
}
