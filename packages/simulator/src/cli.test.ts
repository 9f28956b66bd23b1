import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRequest, parseCommand } from './command.ts'
import { SCENARIOS } from './index.ts'
import { ask, startSimulator, until } from './testing/client.ts'

describe('parseCommand', () => {
  it('has the defaults that the help names', () => {
    expect(parseCommand([])).toEqual({
      kind: 'serve',
      options: {
        port: 4010,
        host: '127.0.0.1',
        tokensPerSecond: 50,
        firstTokenMs: 200,
        scenario: 'normal',
        stopsOnHangup: true,
      },
    })
  })

  it('reads every flag', () => {
    const line =
      '--port 0 --host ::1 --tokens-per-second 12.5 --first-token-ms=0 --scenario cut --api-key k --keep-billing'
    expect(parseCommand(line.split(' '))).toEqual({
      kind: 'serve',
      options: {
        port: 0,
        host: '::1',
        tokensPerSecond: 12.5,
        firstTokenMs: 0,
        scenario: 'cut',
        apiKey: 'k',
        stopsOnHangup: false,
      },
    })
  })

  it.each([
    ['--port x', /--port/],
    ['--port 65536', /--port/],
    ['--port', /--port/],
    ['--tokens-per-second 0', /--tokens-per-second/],
    ['--first-token-ms -1', /--first-token-ms/],
    ['--scenario sunshine', /--scenario must be one of normal/],
    ['--api-key=', /--api-key/],
    ['--sunshine', /--sunshine/],
    ['4010', /4010/],
  ])('refuses %j in one sentence', (line, sentence) => {
    const command = parseCommand(line.split(' '))
    expect(command).toEqual({ kind: 'refuse', sentence: expect.stringMatching(sentence) })
    expect(command).toEqual({ kind: 'refuse', sentence: expect.stringMatching(/^[^\n]+; --help lists every flag\.$/) })
  })
})

describe('describeRequest', () => {
  it('cannot be broken, or the terminal steered, by a prompt', () => {
    const line = describeRequest({
      id: 'chatcmpl-12345678-aaaa',
      model: 'any',
      prompt: 'a\n\u001b[2J\u009b2J',
      scenario: 'normal',
      outcome: 'open',
      startedAt: 0,
      endedAt: null,
      closedAt: null,
      produced: 0,
      afterHangup: 0,
      billed: 0,
      tokenTimes: [],
    })
    expect(line).not.toMatch(/\p{Cc}/u)
    expect(line).toContain('chatcmpl-12345678 "any" normal "a')
  })
})

describe('the command, built', () => {
  const root = mkdtempSync(join(tmpdir(), 'simulator-'))
  const children: ChildProcess[] = []

  beforeAll(() => {
    const home = fileURLToPath(new URL('..', import.meta.url))
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
    execFileSync(process.execPath, [tsc, '-p', join(home, 'tsconfig.build.json'), '--outDir', join(root, 'dist')])
    cpSync(join(home, 'bin'), join(root, 'bin'), { recursive: true })
    cpSync(join(home, 'package.json'), join(root, 'package.json'))
  }, 30_000)

  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(root, { recursive: true, force: true })
  })

  function start(...args: readonly string[]) {
    const child = spawn(process.execPath, [join(root, 'bin/simulator.js'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.push(child)
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { child, output, exit }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)('serves, tells of each request and closes on %s', async (signal) => {
    const { child, output, exit } = start('--port', '0', '--first-token-ms', '0', '--tokens-per-second', '1000')
    await until(() => output.stdout.includes('Stats:'))
    const url = /listens on (http:\/\/127\.0\.0\.1:\d+\/v1)\n/.exec(output.stdout)?.[1] ?? ''
    expect(output.stdout).toContain(`curl -N ${url}/chat/completions`)
    const body = JSON.stringify(ask('hi'))
    const headers = { 'Content-Type': 'application/json' }
    await (await fetch(`${url}/chat/completions`, { method: 'POST', headers, body })).text()
    await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers,
      body: JSON.stringify(ask('hi', { model: 'simulator/stall' })),
    })
    await until(() => output.stdout.includes('simulator/stall'))
    expect(output.stdout).toMatch(/^-> chatcmpl-\w{8} "any" normal "hi"$/m)
    expect(output.stdout).toMatch(/^<- chatcmpl-\w{8} finished after 0\.\d\d s: (\d+) tokens, \1 billed$/m)
    child.kill(signal)
    expect(await exit).toBe(0)
    expect(output.stderr).toBe('')
  })

  it('says in one sentence that its port is busy, and exits with 1', async () => {
    const { port } = new URL((await startSimulator()).url)
    const { output, exit } = start('--port', port)
    expect(await exit).toBe(1)
    expect(output).toEqual({
      stdout: '',
      stderr: `Port ${port} on 127.0.0.1 is in use; choose another with --port.\n`,
    })
  })

  it('refuses a bad flag with 1, and prints help and version with 0', async () => {
    const [bad, help, version] = [start('--sunshine'), start('--help'), start('--version')]
    expect(await Promise.all([bad.exit, help.exit, version.exit])).toEqual([1, 0, 0])
    expect(bad.output.stderr.trim().split('\n')).toHaveLength(1)
    expect(help.output.stdout).toContain('--tokens-per-second')
    for (const { name, description } of SCENARIOS) {
      expect(help.output.stdout).toContain(`\n  ${name} `)
      expect(help.output.stdout).toContain(` ${description}\n`)
    }
    expect(version.output.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
