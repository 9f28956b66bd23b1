import type { Server } from 'node:http'
import { SettingsError } from './settings.ts'

/** Resolves with the address for people; rejects with a `SettingsError` where the settings name a wrong one. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => reject(listenError(error, port, host))
    server.once('error', onError)
    server.listen(port, host, () => {
      server.off('error', onError)
      const bound = server.address()
      const name = host === '127.0.0.1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host
      resolve(
        `http://${name.includes(':') ? `[${name}]` : name}:${typeof bound === 'object' ? (bound?.port ?? port) : port}`,
      )
    })
  })
}

function listenError(error: Error, port: number, host: string): Error {
  const code = 'code' in error ? error.code : undefined
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
