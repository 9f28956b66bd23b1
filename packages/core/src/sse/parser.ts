import { createUtf8Decoder } from './decoder.ts'
import { createTextParser } from './text-parser.ts'
import type { SseParser, SseParserOptions } from './types.ts'

/**
 * Creates a parser for one event stream that arrives in pieces, as bytes or as text.
 *
 * The same stream gives the same calls however it is cut. An event that no blank line ended is dropped, unless
 * `reset({ flush: true })` asks for it. One leading byte order mark is ignored. Parsing takes time linear in the input.
 *
 * @throws {TypeError} when given a function instead of options.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseParser(options: SseParserOptions = {}): SseParser {
  if (typeof options === 'function') {
    // Named as eventsource-parser names it, for those who import this one under that name.
    throw new TypeError(
      '`config` must be an object, got a function instead. Did you mean `createParser({onEvent: fn})`?',
    )
  }
  const parser = createTextParser(options)
  const decoder = createUtf8Decoder(parser.spare)

  return {
    feed(input) {
      if (typeof input === 'string') {
        const before = decoder.finish()
        parser.feed(before === '' ? input : before + input)
      } else parser.feed(decoder.decode(input))
    },
    reset(resetOptions = {}) {
      parser.reset(resetOptions, decoder.finish())
    },
    get unfinished() {
      return parser.isUnfinished(decoder.peek())
    },
  }
}
