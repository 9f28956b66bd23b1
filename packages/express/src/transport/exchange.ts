import type { Dispatcher } from 'undici'
import { Body } from './body.ts'
import { decoded } from './decoded.ts'
import { transportError } from './transport-error.ts'

/**
 * One request on its way: what undici tells, as a `Response`. A class, not closures, for there is one for every open stream.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Resolves with the head. Rejects with the signal's reason, or a `ChatStreamError`. */
  readonly response: Promise<Response>
  readonly #signal: AbortSignal | null
  #controller: Dispatcher.DispatchController | undefined
  #body: Body | undefined
  #onHead: (head: Response) => void = () => {}
  #onFailure: (error: unknown) => void = () => {}

  constructor(signal: AbortSignal | null) {
    this.#signal = signal
    this.response = new Promise((resolve, reject) => {
      this.#onHead = resolve
      this.#onFailure = reject
    })
    signal?.addEventListener('abort', this)
  }

  /** The signal's abort. Before a socket there is no controller; `onRequestStart` then finds the signal aborted. */
  handleEvent(): void {
    this.#release()
    this.#onFailure(this.#signal?.reason)
    this.#body?.abort(this.#signal?.reason)
    this.#controller?.abort(new Error('Aborted.'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#signal?.aborted === true) this.handleEvent()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: RawHeaders): void {
    if (status < 200) return
    // Nobody asks for them again, and a stream may be open for long.
    controller.rawHeaders = null
    this.#body = new Body(controller, () => this.#release())
    try {
      this.#onHead(respond(status, new Headers(pairs(headers)), this.#body))
    } catch (error) {
      this.#onFailure(transportError(error))
      controller.abort(new Error('Refused.'))
    }
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.#body?.write(piece)
  }

  onResponseEnd(): void {
    this.#release()
    this.#body?.end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  fail(error: unknown): void {
    this.#release()
    this.#onFailure(transportError(error))
    this.#body?.fail(error)
  }

  #release(): void {
    this.#signal?.removeEventListener('abort', this)
  }
}

type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

function respond(status: number, headers: Headers, body: Body): Response {
  if (status === 204 || status === 304) return new Response(null, { status, headers })
  const stream = new ReadableStream(body, { highWaterMark: 0 })
  return new Response(decoded(stream, headers.get('content-encoding')), { status, headers })
}

function pairs(headers: RawHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, values = []]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  )
}
