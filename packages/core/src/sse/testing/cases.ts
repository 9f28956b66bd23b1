import type { ParseErrorType } from '../parse-error.ts'
import type { SseEvent } from '../types.ts'

/** A whole event stream and what must come of it, however it is cut. What is not given is not to happen. */
export interface SseCase {
  readonly name: string
  /** Text stands for its UTF-8 bytes. */
  readonly input: string | Uint8Array
  readonly events: readonly SseEvent[]
  readonly ids?: readonly string[]
  readonly retries?: readonly number[]
  readonly comments?: readonly string[]
  readonly errors?: readonly ParseErrorType[]
  /** What asking for the unfinished last event adds. */
  readonly flushed?: SseEvent
}

function message(data: string, event?: string, id?: string): SseEvent {
  return { id, event, data }
}

function messages(...data: readonly string[]): SseEvent[] {
  return data.map((value) => message(value))
}

const LONG = 'x'.repeat(300)
const UNKNOWN = 'unknown-field' as const

// After the files of the same name in web-platform-tests, eventsource/.
const WEB_PLATFORM: readonly SseCase[] = [
  {
    name: 'format-bom: ignores the first byte order mark only',
    input: '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n',
    events: messages('1', '3'),
    errors: [UNKNOWN],
  },
  {
    name: 'format-bom-2: takes the second of two byte order marks for text',
    input: '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n',
    events: messages('2', '3'),
    errors: [UNKNOWN],
  },
  {
    name: 'format-comments: passes over comments within an event',
    input: `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:fail\r:${LONG}\ndata:4\n\n`,
    events: messages('1\n2\n3\n4'),
    comments: ['\0', '', LONG, 'data:fail', LONG],
  },
  {
    name: 'format-data-before-final-empty-line: drops the event that no blank line ends',
    input: 'retry:1000\ndata:test1\n\nid:test\ndata:test2',
    events: messages('test1'),
    retries: [1000],
    flushed: message('test2', undefined, 'test'),
  },
  {
    name: 'format-field-data: takes data without a value or a colon as an empty line',
    input: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    events: messages('', '\n', 'test'),
  },
  {
    name: 'format-field-event: sets the type of one event only',
    input: 'event:test\ndata:x\n\ndata:x\n\n',
    events: [message('x', 'test'), message('x')],
  },
  {
    name: 'format-field-event-empty: takes an empty type for none',
    input: 'event: \ndata:data\n\n',
    events: messages('data'),
  },
  {
    name: 'format-field-id: keeps an id to its block',
    input: 'id:…\ndata:1\n\ndata:2\n\n',
    events: [message('1', undefined, '…'), message('2')],
    ids: ['…'],
  },
  {
    name: 'format-field-id-2: reports each id, also an empty one without data',
    input: 'data:1\nid:1\n\ndata:2\n\nid\n\ndata:3\n\n',
    events: [message('1', undefined, '1'), message('2'), message('3')],
    ids: ['1', ''],
  },
  {
    name: 'format-field-id-3: takes id without a colon for an empty id',
    input: 'id:1\ndata:1\n\nid\ndata:2\n\n',
    events: [message('1', undefined, '1'), message('2', undefined, '')],
    ids: ['1', ''],
  },
  {
    name: 'format-field-id-null: ignores ids with a NUL',
    input: 'id:\0\ndata:1\n\nid:x\0\ndata:2\n\nid:\0x\ndata:3\n\nid:x\0x\ndata:4\n\n',
    events: messages('1', '2', '3', '4'),
  },
  {
    name: 'format-field-parsing: compares field names literally',
    input:
      'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    events: messages('\0\n 2\n1\n3\n\n4'),
    errors: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
  },
  {
    name: 'format-field-retry: takes digits in base ten',
    input: 'retry:03000\ndata:x\n\n',
    events: messages('x'),
    retries: [3000],
  },
  {
    name: 'format-field-retry-bogus: ignores a retry with anything but digits',
    input: 'retry:3000\nretry:1000x\ndata:x\n\n',
    events: messages('x'),
    retries: [3000],
    errors: ['invalid-retry'],
  },
  {
    name: 'format-field-retry-empty: ignores a retry without a value',
    input: 'retry\ndata:test\n\n',
    events: messages('test'),
    errors: ['invalid-retry'],
  },
  {
    name: 'format-field-unknown: ignores unknown fields',
    input: 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n\n',
    events: messages('test\n'),
    comments: ['thisisacommentyay'],
    errors: [UNKNOWN, UNKNOWN, UNKNOWN],
  },
  {
    name: 'format-leading-space: removes one space, no tab',
    input: 'data:\ttest\rdata: \ndata:test\n\n',
    events: messages('\ttest\n\ntest'),
  },
  {
    name: 'format-newlines: takes CR, LF and CRLF in one stream',
    input: 'data:test\r\ndata\ndata:test\r\n\r',
    events: messages('test\n\ntest'),
  },
  {
    name: 'format-null-character: keeps a NUL in data',
    input: 'data:\0\n\n\n\n',
    events: messages('\0'),
  },
  {
    name: 'format-utf-8: decodes UTF-8',
    input: 'data:ok…\n\n',
    events: messages('ok…'),
  },
]

// From the HTML standard, section 9.2.6.
const SPECIFICATION: readonly SseCase[] = [
  {
    name: 'gives the stock quote as one event of three lines',
    input: 'data: YHOO\ndata: +2\ndata: 10\n\n',
    events: messages('YHOO\n+2\n10'),
  },
  {
    name: 'gives four blocks: a comment, an id, an id reset, a leading space',
    input: ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    events: [message('first event', undefined, '1'), message('second event', undefined, ''), message(' third event')],
    ids: ['1', ''],
    comments: ['test stream'],
  },
  {
    name: 'fires two events and drops the third',
    input: 'data\n\ndata\ndata\n\ndata:',
    events: messages('', '\n'),
    flushed: message(''),
  },
  {
    name: 'takes data with and without the space for equal',
    input: 'data:test\n\ndata: test\n\n',
    events: messages('test', 'test'),
  },
  {
    name: 'names events by their type',
    input: 'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n',
    events: [message('73857293', 'add'), message('2153', 'remove'), message('113411', 'add')],
  },
]

const LINE_ENDS: readonly SseCase[] = [
  { name: 'takes LF', input: 'data: a\ndata: b\n\ndata: c\n\n', events: messages('a\nb', 'c') },
  { name: 'takes CR', input: 'data: a\rdata: b\r\rdata: c\r\r', events: messages('a\nb', 'c') },
  { name: 'takes CRLF', input: 'data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n', events: messages('a\nb', 'c') },
  { name: 'takes LF CR as two line ends', input: 'data: a\n\rdata: b\n\r', events: messages('a', 'b') },
  { name: 'takes CR CR LF as two line ends', input: 'data: a\r\r\ndata: b\r\r\n', events: messages('a', 'b') },
  { name: 'takes CRLF LF as two line ends', input: 'data: a\r\n\ndata: b\r\n\n', events: messages('a', 'b') },
  { name: 'takes LF CRLF as two line ends', input: 'data: a\n\r\ndata: b\n\r\n', events: messages('a', 'b') },
  { name: 'takes CRLF CR as two line ends', input: 'data: a\r\n\rdata: b\r\n\r', events: messages('a', 'b') },
  { name: 'dispatches at a CR that ends the stream', input: 'data: a\n\r', events: messages('a') },
  {
    name: 'does not take the LF behind a CR for a blank line',
    input: 'data: a\r\ndata: b\r\n\n',
    events: messages('a\nb'),
  },
  { name: 'takes many blank lines for one', input: '\n\r\n\r\r\n\ndata: a\n\n\n\r\n\n', events: messages('a') },
  { name: 'keeps LINE SEPARATOR in data', input: 'data: a\u2028b\u2029c\n\n', events: messages('a\u2028b\u2029c') },
  {
    name: 'keeps NEL, VT and FF in data',
    input: 'data: a\u0085b\u000Bc\u000Cd\n\n',
    events: messages('a\u0085b\u000Bc\u000Cd'),
  },
  {
    name: 'mixes all line ends in one event',
    input: 'event: e\rdata: a\ndata: b\r\ndata\r\n\r',
    events: [message('a\nb\n', 'e')],
  },
]

const FIELDS: readonly SseCase[] = [
  { name: 'has no event in an empty stream', input: '', events: [] },
  { name: 'has no event in blank lines', input: '\n\n\n', events: [] },
  { name: 'drops a block without data', input: 'event: ping\n\ndata: a\n\n', events: messages('a') },
  {
    name: 'forgets the type of a block without data',
    input: 'event: ping\nid: 7\n\ndata: a\n\n',
    events: messages('a'),
    ids: ['7'],
  },
  { name: 'gives an event with empty data', input: 'event: ping\ndata\n\n', events: [message('', 'ping')] },
  { name: 'takes the last of two types', input: 'event: a\nevent: b\ndata: x\n\n', events: [message('x', 'b')] },
  { name: 'resets the type by an empty one', input: 'event: a\nevent:\ndata: x\n\n', events: messages('x') },
  { name: 'resets the type by event without a colon', input: 'event: a\nevent\ndata: x\n\n', events: messages('x') },
  {
    name: 'takes fields behind the data',
    input: 'data: x\nid: 1\nevent: e\n\n',
    events: [message('x', 'e', '1')],
    ids: ['1'],
  },
  { name: 'takes fields between data lines', input: 'data: x\nevent: e\ndata: y\n\n', events: [message('x\ny', 'e')] },
  {
    name: 'takes the last of two ids',
    input: 'id: 1\nid: 2\ndata: x\n\n',
    events: [message('x', undefined, '2')],
    ids: ['2'],
  },
  {
    name: 'keeps an id when a later one has a NUL',
    input: 'id: 1\nid: b\0d\ndata: x\n\n',
    events: [message('x', undefined, '1')],
    ids: ['1'],
  },
  {
    name: 'keeps an id a string',
    input: 'id: 007\ndata: x\n\n',
    events: [message('x', undefined, '007')],
    ids: ['007'],
  },
  {
    name: 'keeps blanks at the end of an id',
    input: 'id: a \ndata: x\n\n',
    events: [message('x', undefined, 'a ')],
    ids: ['a '],
  },
  {
    name: 'removes one of two spaces',
    input: 'data:  x\nevent:  e\nid:  i\n\n',
    events: [message(' x', ' e', ' i')],
    ids: [' i'],
  },
  { name: 'keeps blanks at the end of data', input: 'data: x \t \n\n', events: messages('x \t ') },
  {
    name: 'keeps colons in values',
    input: 'data: a:b: c\nid: 1:2\n\n',
    events: [message('a:b: c', undefined, '1:2')],
    ids: ['1:2'],
  },
  { name: 'takes data of one space for empty', input: 'data: \n\n', events: messages('') },
  { name: 'joins empty data lines', input: 'data:\ndata:\ndata:\n\n', events: messages('\n\n') },
  { name: 'ignores a field name with a blank before the colon', input: 'data : x\n\n', events: [], errors: [UNKNOWN] },
  { name: 'ignores a field name with a blank in front', input: ' data: x\n\n', events: [], errors: [UNKNOWN] },
  {
    name: 'ignores upper-case field names',
    input: 'DATA: x\nEvent: y\nID: z\n\n',
    events: [],
    errors: [UNKNOWN, UNKNOWN, UNKNOWN],
  },
  {
    name: 'ignores names that only begin like a field',
    input: 'dat: 1\ndatax: 2\nidx: 3\nretryx\nevents: 4\n\n',
    events: [],
    errors: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
  },
  {
    name: 'ignores lines that break off within a field name',
    input: 'd\nda\ndat\ni\ne\neven\nr\nretr\n\n',
    events: [],
    errors: [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
  },
  {
    name: 'ignores a body that is no event stream',
    input: '{"error":{"message":"no"}}\n',
    events: [],
    errors: [UNKNOWN],
  },
  {
    name: 'ignores a page of HTML',
    input: '<!doctype html>\r\n<title>502</title>\r\n',
    events: [],
    errors: [UNKNOWN, UNKNOWN],
  },
  { name: 'reports a retry at once, without an event', input: 'retry: 250\nretry: 0\n', events: [], retries: [250, 0] },
  {
    name: 'ignores signs, fractions and blanks in retry',
    input: 'retry: -1\nretry: +1\nretry: 1.5\nretry:  1\nretry: 1 \nretry: 1e3\nretry: 0x1\n',
    events: [],
    errors: Array.from({ length: 7 }, () => 'invalid-retry' as const),
  },
  {
    name: 'ignores digits that are not ASCII in retry',
    input: 'retry: \u0661\u0662\nretry: \uFF11\uFF12\n',
    events: [],
    errors: ['invalid-retry', 'invalid-retry'],
  },
  {
    name: 'reports comments without their colon and one space',
    input: ':\n: \n:a\n: b\n:  c\n::d\n',
    events: [],
    comments: ['', '', 'a', 'b', ' c', ':d'],
  },
  {
    name: 'does not dispatch at a comment',
    input: 'data: a\n: c\ndata: b\n\n',
    events: messages('a\nb'),
    comments: ['c'],
  },
  {
    name: 'drops an event whose data line has not ended',
    input: 'data: a\n\ndata: [DONE]',
    events: messages('a'),
    flushed: message('[DONE]'),
  },
  {
    name: 'drops an event whose blank line is missing',
    input: 'event: e\nid: 1\ndata: a\n',
    events: [],
    flushed: message('a', 'e', '1'),
  },
  { name: 'flushes no event without data', input: 'event: e\nid: 1\n', events: [] },
  { name: 'flushes no line that only begins like data', input: 'dat', events: [] },
]

// As the providers frame their streams.
const PROVIDERS: readonly SseCase[] = [
  {
    name: 'OpenAI: data lines and [DONE]',
    input:
      'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\ndata: {"choices":[{"delta":{"content":"lo"}}]}\n\ndata: [DONE]\n\n',
    events: messages('{"choices":[{"delta":{"content":"Hel"}}]}', '{"choices":[{"delta":{"content":"lo"}}]}', '[DONE]'),
  },
  {
    name: 'Anthropic: named events and ping',
    input:
      'event: message_start\ndata: {"type":"message_start"}\n\nevent: ping\ndata: {"type": "ping"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    events: [
      message('{"type":"message_start"}', 'message_start'),
      message('{"type": "ping"}', 'ping'),
      message('{"type":"message_stop"}', 'message_stop'),
    ],
  },
  {
    name: 'Gemini: CRLF',
    input: 'data: {"candidates": [{"content": "a"}]}\r\n\r\ndata: {"candidates": [{"content": "b"}]}\r\n\r\n',
    events: messages('{"candidates": [{"content": "a"}]}', '{"candidates": [{"content": "b"}]}'),
  },
  {
    name: 'OpenRouter: comments while the model loads',
    input:
      ': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {"id":"gen-1"}\n\n: OPENROUTER PROCESSING\n\ndata: [DONE]\n\n',
    events: messages('{"id":"gen-1"}', '[DONE]'),
    comments: ['OPENROUTER PROCESSING', 'OPENROUTER PROCESSING', 'OPENROUTER PROCESSING'],
  },
  {
    name: 'Mistral: no space behind the colon',
    input: 'data:{"object":"chunk"}\n\ndata:[DONE]\n\n',
    events: messages('{"object":"chunk"}', '[DONE]'),
  },
  {
    name: 'Ollama: [DONE] without a blank line behind it',
    input: 'data: {"done":false}\n\ndata: [DONE]\n',
    events: messages('{"done":false}'),
    flushed: message('[DONE]'),
  },
  {
    name: 'Sluice: ids, a heartbeat comment within a block, [DONE]',
    input: 'id: 1\ndata: {"a":1}\n\n: ping\nid: 2\n: ping\ndata: {"a":2}\n\ndata: [DONE]\n\n',
    events: [message('{"a":1}', undefined, '1'), message('{"a":2}', undefined, '2'), message('[DONE]')],
    ids: ['1', '2'],
    comments: ['ping', 'ping'],
  },
  {
    name: 'a tool call pretty-printed over data lines',
    input: 'event: tool\ndata: {\ndata:   "name": "get"\ndata: }\n\n',
    events: [message('{\n  "name": "get"\n}', 'tool')],
  },
]

const bytes = (...parts: readonly (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)))

const TEXT: readonly SseCase[] = [
  {
    name: 'decodes CJK',
    input: 'data: 我現在都看實況不玩遊戲\n\ndata: 한국어 ひらがな\n\n',
    events: messages('我現在都看實況不玩遊戲', '한국어 ひらがな'),
  },
  {
    name: 'decodes dense CJK after ASCII, and ASCII again',
    input: `data: ${LONG}\n\ndata: ${'漢字'.repeat(60)}\n\ndata: ${LONG}\n\n`,
    events: messages(LONG, '漢字'.repeat(60), LONG),
  },
  { name: 'decodes emoji, joined and with modifiers', input: 'data: 😀👩‍👩‍👧🏳️‍🌈👍🏽\n\n', events: messages('😀👩‍👩‍👧🏳️‍🌈👍🏽') },
  {
    name: 'decodes the first and the last character of each length',
    input: 'data: \u0001\u007F\u0080\u07FF\u0800\uFFFF\u{10000}\u{10FFFF}\n\n',
    events: messages('\u0001\u007F\u0080\u07FF\u0800\uFFFF\u{10000}\u{10FFFF}'),
  },
  {
    name: 'decodes ids and types beyond ASCII',
    input: 'id: ключ\nevent: événement\ndata: ✓\n\n',
    events: [message('✓', 'événement', 'ключ')],
    ids: ['ключ'],
  },
  { name: 'keeps a byte order mark within data', input: 'data: \uFEFFx\n\n', events: messages('\uFEFFx') },
  { name: 'ignores a byte order mark alone', input: '\uFEFF', events: [] },
  {
    name: 'ignores a byte order mark before a blank line',
    input: '\uFEFF\n\uFEFFdata: a\n\ndata: b\n\n',
    events: messages('b'),
    errors: [UNKNOWN],
  },
  {
    name: 'ignores a byte order mark before a comment',
    input: '\uFEFF: c\ndata: a\n\n',
    events: messages('a'),
    comments: ['c'],
  },
  {
    name: 'takes the text of a byte order mark read as Latin-1 for text',
    input: 'ï»¿data: a\n\ndata: b\n\n',
    events: messages('b'),
    errors: [UNKNOWN],
  },
  {
    name: 'replaces a byte that begins no character',
    input: bytes('data: a', [0xff], 'b', [0xc0], '\n\n'),
    events: messages('a\uFFFDb\uFFFD'),
  },
  {
    name: 'replaces a continuation byte on its own',
    input: bytes('data: ', [0x80, 0xbf, 0x80, 0x80], '\n\n'),
    events: messages('\uFFFD\uFFFD\uFFFD\uFFFD'),
  },
  {
    name: 'replaces a character that breaks off, once',
    input: bytes('data: ', [0xe6, 0x88], 'x', [0xf0, 0x9f, 0x98], '\n\n'),
    events: messages('\uFFFDx\uFFFD'),
  },
  {
    name: 'replaces a surrogate byte by byte',
    input: bytes('data: ', [0xed, 0xa0, 0x80], '\n\n'),
    events: messages('\uFFFD\uFFFD\uFFFD'),
  },
  {
    name: 'replaces an overlong form byte by byte',
    input: bytes('data: ', [0xc0, 0xaf, 0xe0, 0x80, 0xaf], '\n\n'),
    events: messages('\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD'),
  },
  {
    name: 'replaces a lead byte before a lead byte',
    input: bytes('data: ', [0xe6, 0xf0, 0xe6, 0x88, 0x91], '\n\n'),
    events: messages('\uFFFD\uFFFD我'),
  },
  {
    name: 'does not take half a byte order mark for one',
    input: bytes([0xef, 0xbb], 'data: a\n\ndata: b\n\n'),
    events: messages('b'),
    errors: [UNKNOWN],
  },
  {
    name: 'flushes a character that breaks off as replaced',
    input: bytes('data: a', [0xf0, 0x9f]),
    events: [],
    flushed: message('a\uFFFD'),
  },
]

const SIZES: readonly SseCase[] = [
  {
    name: 'gives one long line',
    input: `data: ${'lorem ipsum '.repeat(100)}\n\n`,
    events: messages('lorem ipsum '.repeat(100)),
  },
  {
    name: 'gives many short lines',
    input: 'data: x\n'.repeat(80) + '\n',
    events: messages(Array.from({ length: 80 }, () => 'x').join('\n')),
  },
  {
    name: 'gives many short events',
    input: 'data: x\r\n\r\n'.repeat(50),
    events: messages(...Array.from({ length: 50 }, () => 'x')),
  },
  {
    name: 'gives one long line of CJK',
    input: `data: ${'我現在都看'.repeat(50)}\n\n`,
    events: messages('我現在都看'.repeat(50)),
  },
  { name: 'passes over a long comment', input: `:${LONG}\ndata: x\n\n`, events: messages('x'), comments: [LONG] },
  { name: 'passes over a long unknown line', input: `${LONG}\ndata: x\n\n`, events: messages('x'), errors: [UNKNOWN] },
]

export const SSE_CASES: readonly SseCase[] = [
  ...WEB_PLATFORM,
  ...SPECIFICATION,
  ...LINE_ENDS,
  ...FIELDS,
  ...PROVIDERS,
  ...TEXT,
  ...SIZES,
]
