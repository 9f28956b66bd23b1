import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createDemo, type Demo } from './app.ts'
import { listen } from './listen.ts'
import { startProviders } from './providers.ts'
import { openRunStore } from './run-store.ts'
import { readSettings, SettingsError, type Settings } from './settings.ts'
import { openThreadStore, type ThreadStore } from './threads/thread-store.ts'

/** How long running answers may go on after Ctrl-C, in ms. */
const GRACE_MS = 1000

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

try {
  await main(readSettings(process.env))
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exit(1) // whatever was opened before the wrong setting was found
}

async function main(settings: Settings): Promise<void> {
  const runs = await openRunStore(settings.redisUrl)
  const threads = await openThreads(settings.threadsFile ?? pathOf('../.data/threads.db'))
  const providers = await startProviders(settings.provider)
  const demo = createDemo({ providers, threads, store: runs?.store, page: pathOf('../dist'), onError: complain })
  const server = createServer(demo.app)
  const closeAll = async (graceMs: number): Promise<void> => {
    await demo.close(graceMs)
    await runs?.close()
  }
  try {
    console.log(`Sluice demo: ${await listen(server, settings.port, settings.host)}`)
    for (const { name, model } of providers.list) {
      console.log(`Provider: ${name}${providers.simulator === null ? `, model ${model}` : ''}`)
    }
    for (const note of settings.notes) console.log(`Note: ${note}`)
  } catch (error) {
    await closeAll(0)
    throw error
  }
  closeOnSignal(server, closeAll)
}

async function openThreads(file: string): Promise<ThreadStore> {
  try {
    return await openThreadStore(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it is no file of conversations'
    throw new SettingsError(`THREADS_FILE ${JSON.stringify(file)} cannot be used: ${reason}`, { cause })
  }
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}

/** The sentence alone: what stands behind it may hold a provider's body. */
function complain(error: unknown): void {
  console.error(`Error: ${error instanceof Error ? error.message : 'Something that is no error was thrown.'}`)
}

/** The first Ctrl-C ends the demo in good order, a second one at once. */
function closeOnSignal(server: Server, closeAll: Demo['close']): void {
  const onSignal = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    void close(server, closeAll)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

async function close(server: Server, closeAll: Demo['close']): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  await closeAll(GRACE_MS)
  server.closeAllConnections()
  await closed
}
