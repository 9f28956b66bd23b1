/** Knows, line by line, what Markdown is open. */
export interface BlockReader {
  /**
   * Whether the line that begins so, or is so if `isWhole`, is the first of a new block. True is the last word; false
   * is one only for a whole line.
   */
  beginsBlock(start: string, isWhole: boolean): boolean
  /** Takes a whole line, without its line break. */
  read(line: string): void
}

/** A fence of code or of `$$`. A mark of its own kind behind it would make it inline. */
const FENCE = /^ *(?:(`{3,})(?!.*`)|(~{3,})|(\${2,})(?!.*\$))/
const RULE = /^ *([-*_])[ \t]*(?:\1[ \t]*){2,}$/
const ITEM = /^( *(?:[-+*]|(\d{1,9})[.)]))(?:[ \t]*$|[ \t]+)/
/** HTML that runs to its own end, blank lines included; the rare kinds are taken to have none. */
const RAW = /^ *<(?:(script|pre|style|textarea)(?=[\s>]|$)|(!--)|[!?])/i
const TAG = /^ *<(\/?)([a-z][a-z\d-]*)(?=[\s/>]|$)/i
const VOID = /^(?:br|hr|img|input|link|meta)$/i
const NEVER = /(?!)/

/**
 * Where Markdown is too odd to tell what is open, no block begins any more: one that is too long is slow, one that is
 * cut is wrong.
 *
 * @see https://spec.commonmark.org/0.31.2/ and, for `$$`, https://github.com/remarkjs/remark-math (read 2026-11-23)
 */
export function createBlockReader(): BlockReader {
  let isStarted = false
  let isAfterBlank = false
  /** What ends a stretch in which nothing else counts: a fence, a comment, a `<pre>`. */
  let closing: RegExp | undefined
  /** The first column of the open list item's content; 0 outside of lists. */
  let itemColumn = 0
  /** Whether what looks like the list item's content may be outside of it. */
  let isUnsure = false
  /** Whether this may be HTML, in which Markdown means nothing until a blank line. */
  let isHtml = false
  /** The tags of the HTML element around all this, and how many of them are open. */
  let element: RegExp | undefined
  let depth = 0

  function readBlank(): void {
    isAfterBlank = true
    isHtml = false
  }

  function readItem(text: string, [all, mark = '', number]: RegExpExecArray): void {
    const isEmpty = all.length === text.length
    // Such an item cannot interrupt a paragraph, so perhaps it is none.
    const isOdd = itemColumn === 0 && !isAfterBlank && Number(number ?? 1) !== 1
    isUnsure = isHtml || isEmpty || isOdd
    const column = columnOf(all)
    itemColumn = isEmpty || column > mark.length + 4 ? mark.length + 1 : column
  }

  /** Opens what the line opens, if anything. */
  function open(text: string): boolean {
    const fence = FENCE.exec(text)
    const raw = RAW.exec(text)
    const mark = fence?.slice(1).find(Boolean)
    if (mark !== undefined) closing = new RegExp(`^ {0,3}[${mark.charAt(0)}]{${mark.length},}[ \\t]*$`)
    else if (raw === null) return false
    else closing = raw[1] ? /<\/(?:script|pre|style|textarea)>/i : raw[2] ? /-->/ : NEVER
    if (raw !== null && closing.test(text)) closing = undefined
    return true
  }

  function readTags(text: string): void {
    const [, slash, name = ''] = TAG.exec(text) ?? []
    if (name) isHtml = true
    if (name && !slash && !element && !VOID.test(name)) {
      element = new RegExp(`<(/?)${name}(?![\\w-])(?:[^<>]*(/)>)?`, 'gi')
    }
    if (element === undefined) return
    for (const [, closes, isWhole] of text.matchAll(element)) depth += closes ? -1 : isWhole ? 0 : 1
    if (depth > 0) return
    element = undefined
    depth = 0
  }

  function readOuter(text: string): void {
    const item = isItem(text)
    if (item) return readItem(text, item)
    if (isAfterBlank) itemColumn = 0
    isUnsure = itemColumn > 0
    if (!open(text)) return readTags(text)
    itemColumn = 0
    isUnsure = false
    if (isHtml && closing !== undefined) closing = NEVER
  }

  return {
    beginsBlock(start, isWhole) {
      if (!isStarted || !isAfterBlank || closing !== undefined || depth > 0 || !/^[^ \t\r\n]/.test(start)) return false
      if (itemColumn > 0 && (isWhole ? isItem(start) : /[-+*\d]/.test(start))) return false
      isStarted = isUnsure = false
      itemColumn = 0
      return true
    },
    read(text) {
      if (text.includes('\r')) closing = NEVER // a line break that nobody writes any more
      const start = text.search(/[^ \t]/)
      if (closing !== undefined) {
        if (closing.test(text)) closing = undefined
        isAfterBlank = false
      } else if (start < 0) readBlank()
      else {
        isStarted = true
        const column = columnOf(text.slice(0, start))
        if (itemColumn > 0 && column >= itemColumn) {
          if (isUnsure && column < 4 && open(text)) closing = NEVER
        } else if (column < 4) readOuter(text)
        else if (isAfterBlank) itemColumn = 0
        isAfterBlank = false
      }
    },
  }
}

function isItem(text: string): RegExpExecArray | null {
  return RULE.test(text) ? null : ITEM.exec(text)
}

/** The column behind a text that holds tabs. */
function columnOf(text: string): number {
  let column = 0
  for (const character of text) column += character === '\t' ? 4 - (column % 4) : 1
  return column
}
