const LF = 10
const CR = 13
const FIRST_NON_ASCII = 0x80

/** A piece of at most this many bytes waits for the next one, unless a line ends in it. */
const SMALL_PIECE = 48
const STAGE_SIZE = 1024
const STREAM = { stream: true }
const MOST_CUT_BYTES = 3
/** The least first byte of a character that is longer than the index: a last byte from 0xC0 on is cut, and so on. */
const CUT_FROM = [0, 0xc0, 0xe0, 0xf0] as const
/**
 * So many continuation bytes in one piece make the next one go to the streaming decoder, where that is the faster one: on
 * Node 20 it makes CJK text 1.7 times as fast; on Node 24 it would take a quarter off in pieces of one event. `RegExp.escape`
 * came between the two.
 */
const DENSE = 'escape' in RegExp ? Infinity : 48

/**
 * UTF-8 bytes, cut anywhere, to text. The texts joined are what one decoder would have made of the bytes joined; a byte
 * order mark is text here, and malformed bytes become U+FFFD.
 */
export interface Utf8Decoder {
  /**
   * Returns the text up to the last whole character, or nothing while small pieces gather.
   */
  readonly decode: (bytes: Uint8Array) => string
  /** The text of the bytes that gather, which stay. */
  readonly peek: () => string
  /** Returns what is left, and is ready for a new stream. */
  readonly finish: () => string
}

export function createUtf8Decoder(spare: () => number): Utf8Decoder {
  // Never called with `stream: true`: one such call and Node 22 and older leave their fast path for good, which on Node 20
  // makes the whole parser 3 times as slow in pieces of 64 KB, twice in pieces of one event.
  const oneShot = new TextDecoder('utf-8', { ignoreBOM: true })
  const streaming = new TextDecoder('utf-8', { ignoreBOM: true })
  let isDense = false

  // Bytes not yet decoded: gathered small pieces, or the beginning of a character that was cut.
  const stage = new Uint8Array(STAGE_SIZE)
  let staged = 0
  // How far the stage may fill up. Asked for when it is about empty, not at every piece: a fifth off the time of 1-byte pieces.
  let room = 0

  function decode(bytes: Uint8Array): string {
    if (bytes.length <= SMALL_PIECE) return decodeSmall(bytes)
    return staged > 0 ? completeStaged(bytes) : decodeCut(bytes)
  }

  // Spares small pieces the call of a decoder, whose fixed cost is that of hundreds of bytes: a stream cut at every byte is
  // parsed 8 times as fast on Node 20, 6 times on Node 24.
  function decodeSmall(bytes: Uint8Array): string {
    if (staged === 0 && bytes[bytes.length - 1] === LF) return decodeWhole(bytes)
    if (staged <= MOST_CUT_BYTES) room = Math.min(spare(), STAGE_SIZE - SMALL_PIECE)
    let hasLineEnd = false
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      stage[staged++] = byte
      if (byte === LF || byte === CR) hasLineEnd = true
    }
    return hasLineEnd || staged > room ? decodeCut(stage.subarray(0, staged)) : ''
  }

  function decodeCut(bytes: Uint8Array): string {
    const length = isDense ? bytes.length : wholeCharacters(bytes)
    staged = bytes.length - length
    if (staged === 0) return decodeWhole(bytes)
    const text = decodeWhole(bytes.subarray(0, length))
    stage.set(bytes.subarray(length))
    return text
  }

  function decodeWhole(bytes: Uint8Array): string {
    const text = isDense ? streaming.decode(bytes, STREAM) : oneShot.decode(bytes)
    const last = bytes[bytes.length - 1] ?? FIRST_NON_ASCII
    // Not away from the streaming decoder while it may keep the beginning of a character.
    if (!isDense || last < FIRST_NON_ASCII) isDense = bytes.length - text.length >= DENSE
    return text
  }

  // The stage takes what continues its last character, so that the rest is decoded where it lies and not copied.
  function completeStaged(bytes: Uint8Array): string {
    let taken = 0
    for (let byte = bytes[0] ?? 0; taken < MOST_CUT_BYTES && isContinuation(byte); byte = bytes[taken] ?? 0) {
      stage[staged++] = byte
      taken++
    }
    return decodeWhole(stage.subarray(0, staged)) + decodeCut(bytes.subarray(taken))
  }

  function peek(): string {
    const bytes = stage.subarray(0, staged)
    return oneShot.decode(bytes.subarray(0, wholeCharacters(bytes)))
  }

  function finish(): string {
    if (staged === 0 && !isDense) return ''
    const text = decodeWhole(stage.subarray(0, staged))
    const rest = isDense ? streaming.decode() : ''
    staged = 0
    isDense = false
    return text + rest
  }

  return { decode, peek, finish }
}

/** How many bytes come before the character that is cut at their end. */
function wholeCharacters(bytes: Uint8Array): number {
  const { length } = bytes
  for (let back = 1; back <= MOST_CUT_BYTES && back <= length; back++) {
    const byte = bytes[length - back] ?? 0
    if (isContinuation(byte)) continue
    return byte >= (CUT_FROM[back] ?? 0) ? length - back : length
  }
  return length
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}
