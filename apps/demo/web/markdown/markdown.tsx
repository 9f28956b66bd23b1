import type { TextPart } from '@sluice/react'
import { memo } from 'react'
import ReactMarkdown, { type Components, type Options } from 'react-markdown'
import rehypeHighlight from 'rehype-highlight'
import rehypeKatex from 'rehype-katex'
import rehypeSanitize, { defaultSchema, type Options as Schema } from 'rehype-sanitize'
import remarkGfm from 'remark-gfm'
import remarkMath from 'remark-math'
import { CodeBlock } from './code-block.tsx'
import './markdown.css'

/** A text part of an answer. A closed block is laid out once; each delta lays out only what still grows. */
export default function Markdown({ part: { blocks, tail } }: { readonly part: TextPart }) {
  return (
    <div className="markdown">
      {blocks.map((block, i) => (
        // Blocks are only ever added at the end, so that their place names them.
        // oxlint-disable-next-line react/no-array-index-key
        <Block key={i} text={block} />
      ))}
      {tail !== '' && <Block key={blocks.length} text={tail} />}
    </div>
  )
}

const Block = memo(function Block({ text }: { readonly text: string }) {
  return (
    <ReactMarkdown remarkPlugins={REMARK} rehypePlugins={REHYPE} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  )
})

const REMARK: Options['remarkPlugins'] = [remarkGfm, [remarkMath, { singleDollarTextMath: false }]]

// The model's text is nobody's: it is cleaned first, so that what maths and highlighting add is all that comes after.
const REHYPE: Options['rehypePlugins'] = [
  [rehypeSanitize, withMathClasses()],
  [rehypeKatex, { strict: 'ignore', trust: false, maxExpand: 200, maxSize: 20 }],
  [rehypeHighlight, { detect: false }],
]

/** `remark-math` marks maths by classes of `code`, which the default would take away. */
function withMathClasses(): Schema {
  const code: [string, ...(string | RegExp)[]][] = [['className', /^language-./, 'math-inline', 'math-display']]
  return { ...defaultSchema, attributes: { ...defaultSchema.attributes, code } }
}

const COMPONENTS: Components = {
  pre: ({ children }) => <CodeBlock>{children}</CodeBlock>,
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  // A picture of somewhere else tells its server who reads what: it is named, not loaded.
  img: ({ src, alt }) => (
    <a href={src} target="_blank" rel="noopener noreferrer nofollow">
      {alt || src}
    </a>
  ),
  table: ({ children }) => (
    <div className="table" role="region" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
}
