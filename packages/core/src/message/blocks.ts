import { createBlockReader } from './block-reader.ts'

/** A Markdown text in pieces: `blocks.join('') + tail` is the text. */
export interface MarkdownBlocks {
  /** Closed blocks, with the blank lines behind them. Append-only; the same array as long as no block closes. */
  readonly blocks: readonly string[]
  /** What may still change: the block that is being written. */
  readonly tail: string
}

/** Cuts a growing text at the ends of its Markdown blocks. */
export interface BlockSplitter extends MarkdownBlocks {
  append(piece: string): void
}

/**
 * A block closes when another begins: at column 0, after a blank line, outside of fences, lists, HTML and `$$`.
 *
 * What is cut depends on the text alone, never on the pieces that it came in. Takes time linear in the text.
 */
export function createBlockSplitter(): BlockSplitter {
  const reader = createBlockReader()
  const closed: string[] = []
  let blocks: readonly string[] = []
  // The open block's whole lines, and the line under way. Both are ropes: to append copies nothing.
  let lines = ''
  let line = ''

  function cut(): void {
    closed.push(lines)
    lines = ''
  }

  return {
    get blocks() {
      if (blocks.length < closed.length) blocks = closed.slice()
      return blocks
    },
    get tail() {
      return lines + line
    },
    append(piece) {
      for (let from = 0; from < piece.length;) {
        const end = piece.indexOf('\n', from) + 1
        // Most blocks show by their first letter; the end of a long paragraph need not be waited for.
        if (line === '' && reader.beginsBlock(piece.charAt(from), false)) cut()
        line += piece.slice(from, end || undefined)
        if (end === 0) return
        const text = line.replace(/\r?\n$/, '')
        if (reader.beginsBlock(text, true)) cut()
        reader.read(text)
        lines += line
        line = ''
        from = end
      }
    },
  }
}
