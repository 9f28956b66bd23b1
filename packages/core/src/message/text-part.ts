import { createBlockSplitter, type BlockSplitter, type MarkdownBlocks } from './blocks.ts'

/**
 * What the assistant, or a person, wrote: Markdown, in closed `blocks` and a `tail`, so that a long answer lays out only
 * its last piece. `blocks.join('') + tail === text`. As JSON it is `{ type, text }` alone: the blocks follow from the
 * text, and `textPart` finds them again.
 */
export interface TextPart extends MarkdownBlocks {
  readonly type: 'text'
  readonly text: string
}

/** A text part under way. */
export interface TextPartBuilder {
  append(piece: string): void
  /** The part so far, as an immutable value. Costs what came since it was last read, not what came in all. */
  readonly part: TextPart
}

export function createTextPartBuilder(text = ''): TextPartBuilder {
  return new Builder(text)
}

// A class, as a server keeps one for each of thousands of runs. It reads few of their parts before their end, and most of a
// part's size is its splitter's, so there is none until then.
class Builder implements TextPartBuilder {
  // `+=` on strings is a rope in every engine: appending costs nothing of what is already there.
  #text: string
  #unsplit: string
  #splitter: BlockSplitter | undefined
  #part: TextPart | undefined

  constructor(text: string) {
    this.#text = text
    this.#unsplit = text
  }

  append(piece: string): void {
    this.#text += piece
    this.#unsplit += piece
    this.#part = undefined
  }

  get part(): TextPart {
    if (this.#part !== undefined) return this.#part
    const splitter = (this.#splitter ??= createBlockSplitter())
    splitter.append(this.#unsplit)
    this.#unsplit = ''
    return (this.#part = withToJSON({ type: 'text', text: this.#text, blocks: splitter.blocks, tail: splitter.tail }))
  }
}

/** The part of a text that is known whole. */
export function textPart(text: string): TextPart {
  return createTextPartBuilder(text).part
}

// Not enumerable, so that a part compares, spreads and clones as the plain object that it is.
function withToJSON(part: TextPart): TextPart {
  return Object.defineProperty(part, 'toJSON', { value: () => ({ type: part.type, text: part.text }) })
}
