import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { createDemo, type Demo } from './app.ts'
import { startProvider } from './provider.ts'
import { readSettings, SettingsError, type Settings } from './settings.ts'

/** How long running answers may go on after Ctrl-C, in ms. */
const GRACE_MS = 1000

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

try {
  await main(readSettings(process.env))
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

async function main({ port, host, provider: settings, notes }: Settings): Promise<void> {
  const provider = await startProvider(settings)
  const demo = createDemo({ provider, page: fileURLToPath(new URL('../dist', import.meta.url)) })
  const server = createServer(demo.app)
  try {
    const address = await listen(server, port, host)
    console.log(`Sluice demo: ${address}`)
    console.log(`Provider: ${provider.name}${provider.simulator === null ? `, model ${provider.model}` : ''}`)
    for (const note of notes) console.log(`Note: ${note}`)
  } catch (error) {
    await demo.close(0)
    throw listenError(error, port, host)
  }
  closeOnSignal(server, demo)
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const bound = server.address()
      const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host
      resolve(
        `http://${name.includes(':') ? `[${name}]` : name}:${typeof bound === 'object' ? (bound?.port ?? port) : port}`,
      )
    })
  })
}

function listenError(error: unknown, port: number, host: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') {
    return new SettingsError(
      `Port ${port} is in use; free it, or choose another one with PORT=${port === 65_535 ? port - 1 : port + 1}.`,
    )
  }
  if (code === 'EACCES')
    return new SettingsError(`Port ${port} needs rights that this user does not have; choose another one with PORT.`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new SettingsError(`HOST must be an address of this machine, got ${JSON.stringify(host)}.`)
  }
  return error
}

/** The first Ctrl-C ends the demo in good order, a second one at once. */
function closeOnSignal(server: Server, demo: Demo): void {
  const onSignal = (): void => {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    void close(server, demo)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

async function close(server: Server, demo: Demo): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  await demo.close(GRACE_MS)
  server.closeAllConnections()
  await closed
}
