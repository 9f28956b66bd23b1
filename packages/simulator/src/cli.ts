import { describeRequest, describeStart, describeStartFailure, parseCommand } from './command.ts'
import type { SimulatorOptions } from './options.ts'
import { createSimulator } from './simulator.ts'

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}

/** Serves until a signal comes; the process then ends by itself, with code 0, when the last socket is closed. */
async function serve(options: SimulatorOptions): Promise<void> {
  try {
    const simulator = await createSimulator({ ...options, onRequest: (request) => print(describeRequest(request)) })
    const close = (): void => void simulator.close()
    process.once('SIGINT', close)
    process.once('SIGTERM', close)
    print(describeStart(simulator.url, options))
  } catch (error) {
    refuse(describeStartFailure(error, options))
  }
}

const command = parseCommand(process.argv.slice(2))
switch (command.kind) {
  case 'print':
    process.stdout.write(command.text)
    break
  case 'refuse':
    refuse(command.sentence)
    break
  case 'serve':
    void serve(command.options)
    break
}
