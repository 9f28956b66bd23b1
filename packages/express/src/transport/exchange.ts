import type { Dispatcher } from 'undici'
import { Answer, headerOf, type RawHeaders } from './answer.ts'
import { Body, type BodyOwner } from './body.ts'
import { decoded } from './decoded.ts'
import { transportError } from './transport-error.ts'

/** Who waits for the head. */
export interface Asker {
  readonly onHead: (head: Answer) => void
  /** Told the signal's reason, or a `ChatStreamError`. */
  readonly onFailure: (error: unknown) => void
}

/**
 * One request on its way: what undici tells, as an `Answer`. A class, not closures, for there is one for every open stream.
 */
export class Exchange implements Dispatcher.DispatchHandler, BodyOwner {
  readonly #signal: AbortSignal | null
  #controller: Dispatcher.DispatchController | undefined
  #body: Body | undefined
  /** Until there is a head, which is not kept: a stream may be open for long. */
  #asker: Asker | undefined

  constructor(signal: AbortSignal | null, asker: Asker) {
    this.#signal = signal
    this.#asker = asker
    signal?.addEventListener('abort', this)
  }

  /** The signal's abort. Before a socket there is no controller; `onRequestStart` then finds the signal aborted. */
  handleEvent(): void {
    this.onLeave()
    this.#refuse(this.#signal?.reason)
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
    this.#body = new Body(controller, this)
    try {
      this.#asker?.onHead(respond(status, headers, this.#body))
      this.#asker = undefined
    } catch (error) {
      this.#refuse(transportError(error))
      controller.abort(new Error('Refused.'))
    }
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.#body?.write(piece)
  }

  onResponseEnd(): void {
    this.onLeave()
    this.#body?.end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  fail(error: unknown): void {
    this.onLeave()
    this.#refuse(transportError(error))
    this.#body?.fail(error)
  }

  #refuse(error: unknown): void {
    this.#asker?.onFailure(error)
    this.#asker = undefined
  }

  /** Nobody waits for anything any more, so an abort means nothing. */
  onLeave(): void {
    this.#signal?.removeEventListener('abort', this)
  }
}

function respond(status: number, headers: RawHeaders, body: Body): Answer {
  if (status === 204 || status === 304) return new Answer(status, headers, null)
  return new Answer(status, headers, decoded(body, headerOf(headers, 'content-encoding')))
}
