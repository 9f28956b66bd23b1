import type { ParseError } from '../parse-error.ts'
import { createSseParser } from '../parser.ts'
import type { SseEvent, SseParserCallbacks, SseResetOptions } from '../types.ts'

/** One call of a callback. */
export type Call =
  | { readonly call: 'event'; readonly event: SseEvent }
  | { readonly call: 'id'; readonly id: string }
  | { readonly call: 'retry'; readonly retry: number }
  | { readonly call: 'comment'; readonly comment: string }
  | {
      readonly call: 'error'
      readonly type: ParseError['type']
      readonly field: string | undefined
      readonly value: string | undefined
      readonly line: string | undefined
    }

/** Every callback of the parser. */
export type Recorder = { readonly [Name in keyof SseParserCallbacks]-?: NonNullable<SseParserCallbacks[Name]> }

/** Callbacks that note their calls in the list. */
export function recorder(calls: Call[]): Recorder {
  return {
    onEvent: (event) => calls.push({ call: 'event', event }),
    onId: (id) => calls.push({ call: 'id', id }),
    onRetry: (retry) => calls.push({ call: 'retry', retry }),
    onComment: (comment) => calls.push({ call: 'comment', comment }),
    onError: ({ type, field, value, line }) => calls.push({ call: 'error', type, field, value, line }),
  }
}

/** Parses the pieces of one stream and returns every call, up to an overflow. */
export function callsOf(
  pieces: readonly (string | Uint8Array)[],
  { maxBufferSize, ...end }: SseResetOptions & { readonly maxBufferSize?: number } = {},
): Call[] {
  const calls: Call[] = []
  const parser = createSseParser({ ...recorder(calls), maxBufferSize })
  for (const piece of pieces) {
    parser.feed(piece)
    if (calls.some((call) => call.call === 'error' && call.type === 'max-buffer-size-exceeded')) break
  }
  parser.reset(end)
  return calls
}
