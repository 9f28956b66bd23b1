import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { math } from 'micromark-extension-math'
import { describe, expect, it } from 'vitest'
import { createBlockSplitter, type MarkdownBlocks } from './blocks.ts'
import { leastTime } from './testing/least-time.ts'

function split(...pieces: readonly string[]): MarkdownBlocks {
  const splitter = createBlockSplitter()
  for (const piece of pieces) splitter.append(piece)
  return { blocks: splitter.blocks, tail: splitter.tail }
}

/** Lines that open, close and continue every kind of block, at home and where they do not belong. */
const LEAVES = ['text', '# h', '> q', '> - q', '> ```', '---', '***', '- - -', '===', '| a | b |', '|---|---|', 'a\rb']
const ITEMS = ['- a', '* b', '1. c', '   - d', '  - d', '10. e', '-', '- # h', '- > q', '-     code', '-\tx', '- [ ] t']
const INNER = ['  inner', '   inner', '    inner', '\tinner', '- ```', '- $$', '- <div>']
const FENCES = ['```', '```js', '````', '~~~', '  ```', '   ```', '    ```', '$$', '$$ x', '$$x$$', '  $$', 'x $$']
const TAGS = ['<div>', '</div>', '<details><summary>s</summary>', '</details>', '<b>x</b> y', '<br>', '<span>']
const RAW = ['<pre>', '</pre>', '<!-- c', '-->', '<!-- c -->', '<?x', '<!D']
const LINES = [...LEAVES, ...ITEMS, ...INNER, ...FENCES, ...TAGS, ...RAW]
const markdown = fc
  .array(fc.tuple(fc.constantFrom(...LINES), fc.constantFrom('\n', '\n', '\n\n', '\n\n', '\r\n', '\n \n\n')), {
    maxLength: 14,
  })
  .map((lines) => lines.flat().join(''))
const anyText = fc.oneof(
  markdown,
  fc.string({ unit: fc.constantFrom(...'ab \t\n\r`~$#->*1.<!/'.split('')), maxLength: 60 }),
  fc.string(),
)

const syntax = { extensions: [gfm(), math()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true }

/** HTML without what is not seen: blank lines, and blanks at the ends of raw HTML and of code that is cut off. */
function render(text: string): string {
  const html = micromark(text.replace(/[ \t\r\n]+$/, '\n'), syntax)
  return html
    .replace(/\s*[\r\n]\s*/g, '\n')
    .replaceAll('\n</code>', '</code>')
    .trim()
}

function cut(text: string, at: readonly number[]): readonly string[] {
  const cuts = [...new Set(at.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b)
  return [...cuts, text.length].map((end, i) => text.slice(cuts[i - 1] ?? 0, end))
}

describe('createBlockSplitter', () => {
  it('closes a block when the next one begins, and leaves it its blank lines', () => {
    expect(split('# A\n\nOne\ntwo.\n\n\nThree')).toEqual({ blocks: ['# A\n\n', 'One\ntwo.\n\n\n'], tail: 'Three' })
    expect(split('One.\n\n')).toEqual({ blocks: [], tail: 'One.\n\n' })
    expect(split('\n\nOne.\r\n\r\nT')).toEqual({ blocks: ['\n\nOne.\r\n\r\n'], tail: 'T' })
  })

  it('closes a block at the first letter of the next, without waiting for its line to end', () => {
    expect(split('One.\n\n', 'T')).toEqual({ blocks: ['One.\n\n'], tail: 'T' })
    expect(split('- a\n\n', 'T').blocks).toEqual(['- a\n\n'])
    expect(split('- a\n\n', '-').blocks).toEqual([])
    expect(split('- a\n\n', '--', '-\n').blocks).toEqual(['- a\n\n'])
  })

  it.each([
    ['a fence', '```js\na\n\nb\n```\n\n'],
    ['a fence in longer ones', '````md\n```\n\na\n```\n\nb\n````\n\n'],
    ['a fence that nobody closes', '~~~\na\n\nb\n```\n\nc\n\n'],
    ['a list', '- a\n\n- b\n\n  c\n\n* d\n\n1. e\n\n'],
    ['a fence in a list', '1. a\n\n   ```\n   x\n\n   y\n   ```\n\n2. b\n\n'],
    ['a fence that breaks a list', '1. a\n```\nx\n\ny\n```\n2. b\n\n'],
    ['math', '$$\na\n\nb\n$$\n\n'],
    ['an element', '<details>\n<summary>s</summary>\n\na\n\n<details>\n\nb\n\n</details>\n\nc\n\n</details>\n\n'],
    ['a comment', '<!--\n\na\n\n-->\n\n'],
    ['preformatted text', '<pre>\na\n\n```\n\nb\n</pre>\n\n'],
    ['a table', '| a |\n|---|\n| 1 |\n\n'],
    ['a quote', '> a\n>\n> ```\n> b\n\n'],
    ['code by indentation', 'a\n\n    b\n\n    c\n\n'],
  ])('keeps %s in one piece', (_, block) => {
    const closes = !block.includes('~~~')
    expect(split(`First.\n\n${block}Last`)).toEqual({
      blocks: closes ? ['First.\n\n', block] : ['First.\n\n'],
      tail: closes ? 'Last' : `${block}Last`,
    })
  })

  it.each([
    ['its text', '- a', '  '],
    ['code by indentation', '-     a', '  '],
    ['a tab', '-\ta', '    '],
    ['two digits', '10. a', '    '],
  ])('knows what belongs to a list item that begins with %s', (_, item, indent) => {
    // A fence inside ends with its item. Taken for one outside, it would make of the next fence its own end.
    const list = `${item}\n\n${indent}\`\`\`\n\n`
    const fence = '```\nb\n\nc\n```\n\n'
    expect(split(`${list}Text.\n\n${fence}Last`)).toEqual({ blocks: [list, 'Text.\n\n', fence], tail: 'Last' })
  })

  it('joins to the text, whatever the text and however it is cut into pieces, and cuts by the text alone', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(), { maxLength: 12 }), (text, at) => {
        const whole = split(text)
        expect(whole.blocks.join('') + whole.tail).toBe(text)
        expect(split(...cut(text, at))).toEqual(whole)
        expect(split(...text)).toEqual(split(text))
      }),
      { numRuns: 300 },
    )
  }, 30_000)

  it('never changes a block that is closed, and makes no new array while none closes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const splitter = createBlockSplitter()
        let before = splitter.blocks
        for (const letter of text) {
          splitter.append(letter)
          const { blocks } = splitter
          expect(blocks.slice(0, before.length)).toEqual(before)
          expect(blocks === before).toBe(blocks.length === before.length)
          before = blocks
        }
      }),
      { numRuns: 200 },
    )
  }, 30_000)

  it('cuts so that blocks rendered one by one look as the whole does, by the parser that remark has', () => {
    let cuts = 0
    fc.assert(
      fc.property(markdown, (text) => {
        // That parser, unlike CommonMark, lets no list but one from 1 follow code by indentation.
        fc.pre(!/^( {4}|\t)/m.test(text) || !/^ {0,3}(10\.|-\s*$)/m.test(text))
        const { blocks, tail } = split(text)
        cuts += blocks.length
        const pieces = [...blocks, tail].map(render).filter((html) => html !== '')
        expect(pieces.join('\n')).toBe(render(text))
      }),
      { numRuns: 500 },
    )
    expect(cuts).toBeGreaterThan(150)
  }, 30_000)

  it.each([
    ['a line', '', 'word '],
    ['a list', '- a\n\n', '- b\n\n'],
    ['a fence', '```\n\n', 'code\n\n'],
    ['many blocks', '', 'a\n\n'],
  ])(
    'takes time in proportion to the text, also for %s without end',
    (_, first, piece) => {
      const [short = 0, long = 0] = [8000, 64_000].map((count) =>
        leastTime(() => void split(first, ...Array.from({ length: count }, () => piece))),
      )
      expect(long).toBeLessThan(24 * short + 20) // 8 times if linear, 64 if quadratic
    },
    30_000,
  )
})
