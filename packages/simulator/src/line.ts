import type { ServerResponse } from 'node:http'

/** The line to one client: its response, and what becomes of its socket. */
export interface Line {
  /** Aborts when generating has to end: on `cut`, and on a hang-up if the line stops on hang-ups. */
  readonly stop: AbortSignal
  /** Resolves when the response is over: its last byte handed to the system, or the socket closed. */
  readonly closed: Promise<void>
  /** Resolves when the socket takes more, or is gone. Writing to a socket that is gone does nothing. */
  write(text: string): Promise<void>
  /** Destroys the socket from our side: not a hang-up. */
  cut(): void
}

export interface LineOptions {
  readonly stopsOnHangup: boolean
  /** Called at once when the client closes the socket before the response is finished. */
  readonly onHangup: () => void
}

export function openLine(res: ServerResponse, { stopsOnHangup, onHangup }: LineOptions): Line {
  const { socket } = res.req
  const stop = new AbortController()
  let cut = false
  let finished = false
  const closed = new Promise<void>((resolve) => {
    const close = (): void => {
      res.off('close', close)
      socket.off('close', close)
      if (!finished) {
        if (!cut) onHangup()
        if (stopsOnHangup) stop.abort()
      }
      resolve()
    }
    // A client may leave while its request is being read: then `close` has come and gone.
    if (socket.destroyed) return close()
    res.on('close', close)
    // Node says `finish`, and `writableFinished`, also when a destroyed socket throws its last bytes away.
    res.prependOnceListener('finish', () => {
      finished = !socket.destroyed
    })
    // A pipelined response that waits for its turn has no socket, and would never hear that it closed.
    socket.on('close', close)
  })
  return {
    stop: stop.signal,
    closed,
    async write(text) {
      if (!socket.destroyed && !res.write(text)) await Promise.race([drained(res), closed])
    },
    cut() {
      cut = true
      stop.abort()
      socket.destroy()
    },
  }
}

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once('drain', resolve)
  })
}
