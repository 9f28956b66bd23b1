/** The lines of the benchmark: streams, how they are cut, and what must be reached on them. */

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {'feed' | 'read' | 'growth'} kind `feed`: a parser alone, bytes in, callbacks out. `read`: a stream of bytes, read as
 *   events with `for await`. `growth`: ours alone, a stream of 4 times the length
 * @property {() => readonly Uint8Array[]} pieces made anew at every call
 * @property {Readonly<Record<number, number>>} atLeast what the ratio must reach, by major version of Node.js
 */

/** What no line may fall below, by major version of Node.js. @type {Readonly<Record<number, number>>} */
const LEAST = { 24: 0.9 }
/** How many times the time of a 1 MB event one of 4 MB may take: 4 is linear, 16 quadratic. */
const GROWTH_BELOW = 8

const KB = 1024
const STREAM_LENGTH = 256 * KB
const WORDS = ['Hello', ' world', ' the', ' quick', ' brown', ' fox', '.', ' "quoted"', '\n\n', ' I', ' tokens', ' a']
const CHARACTERS = ['你好', '世界', '我', '現在', '都看', '實況', '不玩', '遊戲', '。', '，可以']

const encoder = new TextEncoder()

/** @param {number} index */
const word = (index) => JSON.stringify(WORDS[index % WORDS.length])
/** @param {number} index */
const characters = (index) => JSON.stringify(CHARACTERS[index % CHARACTERS.length])

/** @param {string} content JSON */
const openAiChunk = (content) =>
  `data: {"id":"chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012","object":"chat.completion.chunk","created":1790000000,` +
  `"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,` +
  `"delta":{"content":${content}},"logprobs":null,"finish_reason":null}],"usage":null}`

/** @type {Readonly<Record<string, (index: number) => string>>} */
const EVENTS = {
  OpenAI: (index) => `${openAiChunk(word(index))}\n\n`,
  CRLF: (index) => `${openAiChunk(word(index))}\r\n\r\n`,
  Anthropic: (index) =>
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",' +
    `"text":${word(index)}}}\n\n`,
  'CJK tokens': (index) => `${openAiChunk(characters(index))}\n\n`,
  'CJK text': (index) => `data: {"text":"${CHARACTERS.join('').repeat(6)}${index % 10}"}\n\n`,
  tiny: (index) => `data: ${index % 10} token\n\n`,
}

/**
 * @param {keyof typeof EVENTS} name
 * @param {number} [length] in UTF-16 code units, at least
 */
function events(name, length = STREAM_LENGTH) {
  const make = EVENTS[name] ?? String
  const made = []
  for (let total = 0; total < length;) {
    const event = make(made.length)
    total += event.length
    made.push(event)
  }
  return made
}

/**
 * Every piece has memory of its own, as what comes from a socket has.
 *
 * @param {string} text
 * @param {number} size in bytes
 */
export function cutEvery(text, size) {
  const bytes = encoder.encode(text)
  const pieces = []
  for (let start = 0; start < bytes.length; start += size) pieces.push(bytes.slice(start, start + size))
  return pieces
}

/**
 * @param {keyof typeof EVENTS} name
 * @param {Line['atLeast']} [atLeast]
 * @returns {Line}
 */
const oneEventEach = (name, atLeast = {}) => ({
  name: `${name}, one event a piece`,
  kind: 'feed',
  pieces: () => events(name).map((event) => encoder.encode(event)),
  atLeast,
})

/**
 * @param {keyof typeof EVENTS} name
 * @param {number} size in KB
 * @param {Line['atLeast']} [atLeast]
 * @returns {Line}
 */
const inPieces = (name, size, atLeast = {}) => ({
  name: `${name}, ${size} KB pieces`,
  kind: 'feed',
  pieces: () => cutEvery(events(name).join(''), size * KB),
  atLeast,
})

/**
 * One event in pieces of 1 KB.
 *
 * @param {number} size in MB
 */
export const longEvent = (size) => cutEvery(`data: ${'x'.repeat(size * KB * KB)}\n\n`, KB)

/** @type {readonly Line[]} */
export const LINES = [
  inPieces('OpenAI', 64, { 20: 2.5, 24: 1.1 }),
  inPieces('OpenAI', 16),
  oneEventEach('OpenAI', { 20: 1.5 }),
  { ...oneEventEach('OpenAI', { 20: 3 }), name: 'parseSse: OpenAI, one event a piece', kind: 'read' },
  {
    name: 'OpenAI, 1-byte pieces',
    kind: 'feed',
    pieces: () => cutEvery(events('OpenAI', 32 * KB).join(''), 1),
    atLeast: { 20: 3 },
  },
  {
    name: 'OpenAI, 100-byte pieces',
    kind: 'feed',
    pieces: () => cutEvery(events('OpenAI').join(''), 100),
    atLeast: {},
  },
  inPieces('CRLF', 64, { 20: 2.2 }),
  oneEventEach('CRLF'),
  inPieces('Anthropic', 64),
  oneEventEach('Anthropic'),
  inPieces('CJK tokens', 64, { 20: 0.95 }),
  oneEventEach('CJK tokens', { 20: 0.95 }),
  inPieces('CJK text', 64, { 20: 0.95 }),
  oneEventEach('CJK text', { 20: 0.95 }),
  inPieces('tiny', 64),
  oneEventEach('tiny'),
  { name: 'one event of 1 MB, 1 KB pieces', kind: 'feed', pieces: () => longEvent(1), atLeast: {} },
  {
    name: 'one event of 4 MB against one of 1 MB, 1 KB pieces',
    kind: 'growth',
    pieces: () => longEvent(1),
    atLeast: {},
  },
]

/**
 * @param {string} name
 * @returns {Line}
 */
export function lineOf(name) {
  const line = LINES.find((it) => it.name === name)
  if (!line) throw new Error(`expected the name of a line, got "${name}"`)
  return line
}

/**
 * What a line must reach on a Node.js of that major version, or nothing.
 *
 * @param {Line} line
 * @param {number} major
 * @returns {{ readonly atLeast: number } | { readonly below: number } | undefined}
 */
export function goalOf(line, major) {
  if (line.kind === 'growth') return { below: GROWTH_BELOW }
  const atLeast = line.atLeast[major] ?? LEAST[major]
  return atLeast === undefined ? undefined : { atLeast }
}
