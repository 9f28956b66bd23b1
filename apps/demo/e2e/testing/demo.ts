import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The built demo, running. */
export interface RunningDemo {
  /** Without a trailing slash. */
  readonly url: string
  /** What it wrote to its terminal so far. */
  terminal(): string
  /** Ends it as Ctrl-C does; resolves with its exit code. */
  close(): Promise<number | null>
}

export interface DemoExit {
  readonly code: number | null
  readonly terminal: string
}

type Environment = Readonly<Record<string, string>>

type Program = 'main' | 'cluster'

/** Starts the demo on a free port and waits until it has told its address. */
export async function startDemo(environment: Environment = {}, program: Program = 'main'): Promise<RunningDemo> {
  const demo = spawnDemo({ PORT: '0', ...environment }, program)
  const url = await Promise.race([
    demo.printed(/^Sluice demo: (\S+)$/m),
    demo.exited.then(({ terminal }) => Promise.reject(new Error(`The demo ended at once: ${terminal}`))),
  ])
  await demo.printed(/^(?:Provider: |Each request goes to )(.+)$/m)
  return {
    url,
    terminal: demo.terminal,
    async close() {
      demo.interrupt()
      return (await demo.exited).code
    },
  }
}

/** Runs the demo where it can't run. */
export function runDemo(environment: Environment): Promise<DemoExit> {
  return spawnDemo(environment).exited
}

function spawnDemo(environment: Environment, program: Program = 'main') {
  const script = fileURLToPath(new URL(`../../dist-server/${program}.js`, import.meta.url))
  if (!existsSync(script)) throw new Error(`${script} is missing; build the demo first: pnpm build`)
  const directory = mkdtempSync(join(tmpdir(), 'sluice-demo-'))
  // Nothing of the developer's own settings: a real key would cost real money.
  const { PATH = '', REDIS_SERVER = '' } = process.env
  const env = { PATH, REDIS_SERVER, THREADS_FILE: join(directory, 'threads.db'), ...environment }
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const listeners = new Set<() => void>()
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      for (const listener of listeners) listener()
    })
  }
  const exited = new Promise<DemoExit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      rmSync(directory, { recursive: true, force: true })
      resolve({ code, terminal: text })
    })
  })
  return {
    exited,
    terminal: () => text,
    interrupt: () => child.kill('SIGINT'),
    /** The first group of the first match in what was printed. */
    printed: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        const look = (): void => {
          const found = pattern.exec(text)?.[1]
          if (found === undefined) return
          listeners.delete(look)
          resolve(found)
        }
        listeners.add(look)
        look()
      }),
  }
}
