/**
 * Calls what the app gave. What that throws is the app's own error and is reported as an uncaught one, as an
 * `EventTarget` does: it harms neither the run nor whoever is told next.
 */
export function notify<Told extends readonly unknown[]>(
  callback: ((...told: Told) => void) | undefined,
  ...told: Told
): void {
  try {
    callback?.(...told)
  } catch (error) {
    // Not in every runtime: Node has none.
    if ('reportError' in globalThis) globalThis.reportError(error)
    else queueMicrotask(() => uncaught(error))
  }
}

function uncaught(error: unknown): never {
  throw error
}
