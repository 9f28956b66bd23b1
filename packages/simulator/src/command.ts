import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { SimulatorRequest } from './meter.ts'
import type { SimulatorOptions } from './options.ts'
import { isScenarioName, SCENARIO_NAMES, SCENARIOS } from './scenarios.ts'

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'serve'; readonly options: SimulatorOptions }
  /** One sentence for stderr; the exit code is 1. */
  | { readonly kind: 'refuse'; readonly sentence: string }

const FLAGS = {
  port: { type: 'string', default: '4010' },
  host: { type: 'string', default: '127.0.0.1' },
  'tokens-per-second': { type: 'string', default: '50' },
  'first-token-ms': { type: 'string', default: '200' },
  scenario: { type: 'string', default: 'normal' },
  'api-key': { type: 'string' },
  'keep-billing': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const

const HELP = `sluice-simulator: an OpenAI-compatible model server that runs offline.

  npx @sluice/simulator --port 4010

  --port <number>               port to listen on; 0 takes a free one (default 4010)
  --host <address>              address to listen on (default 127.0.0.1)
  --tokens-per-second <number>  pace of an answer (default 50)
  --first-token-ms <number>     milliseconds until the first token (default 200)
  --scenario <name>             what happens to requests that name no scenario (default normal)
  --api-key <key>               ask for this bearer (default: let everybody in)
  --keep-billing                go on generating, and billing, after a client hung up
  -h, --help                    print this
  -v, --version                 print the version

Scenarios, also chosen by the header x-simulator-scenario or the model simulator/<name>:
${SCENARIOS.map(({ name, description }) => `  ${name.padEnd(18)} ${description}`).join('\n')}
`

/** Reads the arguments after the program's name. Never throws. */
export function parseCommand(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false })
    if (values.help) return { kind: 'print', text: HELP }
    if (values.version) return { kind: 'print', text: `${readVersion()}\n` }
    const { scenario, 'api-key': apiKey } = values
    if (!isScenarioName(scenario)) throw new Error(`--scenario must be one of ${SCENARIO_NAMES.join(', ')}`)
    if (apiKey === '') throw new Error('--api-key must not be empty')
    const options: SimulatorOptions = {
      port: parsePort(values.port),
      host: values.host,
      tokensPerSecond: parseNumber('--tokens-per-second', values['tokens-per-second'], (value) => value > 0, 'above 0'),
      firstTokenMs: parseNumber('--first-token-ms', values['first-token-ms'], (value) => value >= 0, 'of at least 0'),
      scenario,
      stopsOnHangup: !values['keep-billing'],
    }
    return { kind: 'serve', options: apiKey === undefined ? options : { ...options, apiKey } }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // Node's own messages may run on for several sentences and lines; the first says what is wrong.
    return { kind: 'refuse', sentence: `${reason.split(/\.(?:\s|$)/, 1).join('')}; --help lists every flag.` }
  }
}

/** Why the server could not start, in one sentence. */
export function describeStartFailure(error: unknown, { host, port }: SimulatorOptions): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use; choose another with --port.`
    case 'EACCES':
      return `Port ${port} on ${host} needs more rights; choose one above 1023 with --port.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${host}; choose another with --host.`
    default:
      return `The simulator could not start: ${error instanceof Error ? error.message : String(error)}.`
  }
}

/** What the command prints once it listens. */
export function describeStart(url: string, { apiKey }: SimulatorOptions): string {
  const body = `{"model":"any","stream":true,"messages":[{"role":"user","content":"Tell me a long story"}]}`
  const bearer = apiKey === undefined ? '' : ` -H 'Authorization: Bearer <your --api-key>'`
  return [
    `The simulator listens on ${url}`,
    `Try it: curl -N ${url}/chat/completions${bearer} -H 'Content-Type: application/json' -d '${body}'`,
    `Stats:  ${url.replace(/\/v1$/, '/stats')}`,
  ].join('\n')
}

/** One line for a request that began or ended. */
export function describeRequest(request: SimulatorRequest): string {
  const { id, model, scenario, prompt, outcome, startedAt, endedAt, produced, afterHangup, billed } = request
  const short = id.slice(0, 'chatcmpl-'.length + 8)
  // JSON, so that a prompt cannot break the line or steer the terminal.
  if (outcome === 'open') return `-> ${short} ${quote(model)} ${scenario} ${quote(prompt)}`
  const seconds = ((endedAt - startedAt) / 1000).toFixed(2)
  const late = afterHangup === 0 ? '' : ` (${afterHangup} after the hang-up)`
  return `<- ${short} ${outcome} after ${seconds} s: ${produced} tokens${late}, ${billed} billed`
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text).replace(/[\u007f-\u009f]/g, '?')
}

function parsePort(text: string): number {
  return parseNumber(
    '--port',
    text,
    (value) => Number.isInteger(value) && value >= 0 && value <= 65535,
    'from 0 to 65535',
  )
}

function parseNumber(flag: string, text: string, accepts: (value: number) => boolean, range: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || !accepts(value)) {
    throw new Error(`${flag} must be a number ${range}, got ${JSON.stringify(text)}`)
  }
  return value
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}
