/** One way to cut an input: a name to show, and the pieces. */
export interface Cut {
  readonly name: string
  readonly pieces: readonly (string | Uint8Array)[]
}

/** Every chunking a case is run in, as bytes and as text: whole, cut in two everywhere, one by one, with empty pieces. */
export function* everyCut(input: string | Uint8Array): Generator<Cut> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  yield* cutsOf('bytes', bytes.length, (start, end) => bytes.slice(start, end))
  yield* cutsOf('text', text.length, (start, end) => text.slice(start, end))
  yield { name: 'text, then bytes', pieces: [text.slice(0, 1), new TextEncoder().encode(text.slice(1))] }
}

type Slice = (start: number, end: number) => string | Uint8Array

function* cutsOf(kind: string, length: number, slice: Slice): Generator<Cut> {
  yield { name: `whole ${kind}`, pieces: [slice(0, length)] }
  for (let at = 1; at < length; at++) {
    yield { name: `${kind} cut at ${at}`, pieces: [slice(0, at), slice(at, length)] }
  }
  for (const size of [1, 2, 3, 7, 60]) {
    yield { name: `${kind} by ${size}`, pieces: piecesOf(length, size, slice) }
  }
  const withEmpty = piecesOf(length, 1, slice).flatMap((piece) => [slice(0, 0), piece])
  yield { name: `${kind} one by one with empty pieces`, pieces: [...withEmpty, slice(0, 0)] }
}

function piecesOf(length: number, size: number, slice: Slice): (string | Uint8Array)[] {
  const count = Math.ceil(length / size)
  return Array.from({ length: count }, (_, index) => slice(index * size, Math.min(length, (index + 1) * size)))
}
