import { createBlockSplitter, type MarkdownBlocks } from './blocks.ts'

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
  // `+=` on strings is a rope in every engine: appending costs nothing of what is already there.
  const splitter = createBlockSplitter()
  let unsplit = text
  let part: TextPart | undefined
  return {
    append(piece) {
      text += piece
      unsplit += piece
      part = undefined
    },
    get part() {
      splitter.append(unsplit)
      unsplit = ''
      part ??= withToJSON({ type: 'text', text, blocks: splitter.blocks, tail: splitter.tail })
      return part
    },
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
