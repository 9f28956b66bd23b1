import type { ServerResponse } from 'node:http'
import type { Viewer } from '@sluice/core/server'

/**
 * Writes a viewer's event stream at the pace of its socket, until either of them ends. A viewer that was let go ends
 * the response without `[DONE]`, which tells the client to rejoin; a client that goes takes its viewer with it.
 */
export async function writeViewer(viewer: Viewer, res: ServerResponse): Promise<void> {
  res.once('close', () => void viewer.return())
  res.flushHeaders()
  void viewer.left.then((how) => {
    // A socket that takes nothing would keep its end waiting, too.
    if (how === 'detached' && res.writableNeedDrain) res.destroy()
  })
  for await (const text of viewer) {
    if (res.destroyed) break
    if (!res.write(text)) await drained(res)
  }
  res.end()
}

/** Resolves when the socket takes more, or never will. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    if (res.destroyed) return resolve()
    res.on('drain', done)
    res.on('close', done)
  })
}
