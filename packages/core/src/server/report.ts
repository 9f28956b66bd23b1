import type { RunServerOptions } from './options.ts'

/** Tells the app what went wrong. A logger that throws takes neither a run nor an answer with it. */
export function report({ onError }: RunServerOptions, error: unknown, runId: string | null): void {
  try {
    onError?.(error, { runId })
  } catch {
    // There is nobody left to tell.
  }
}
