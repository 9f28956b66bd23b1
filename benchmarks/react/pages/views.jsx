import { memo } from 'react'
import Markdown from 'react-markdown'
import { settings } from './settings.js'

/** The whole text in one paragraph. */
export const Text = ({ text }) => <p>{text}</p>

/** The whole text as Markdown, at once. */
export const WholeMarkdown = ({ text }) => <Markdown>{text}</Markdown>

const MarkdownBlock = memo(function MarkdownBlock({ text }) {
  return <Markdown>{text}</Markdown>
})

const TextBlock = memo(function TextBlock({ text }) {
  return <p>{text}</p>
})

/** Blocks in one element, so that neither React nor the browser goes through all of a long answer at every commit. */
const GROUP = 32

const Group = memo(
  function Group({ Block, blocks }) {
    return (
      <section>
        {blocks.map((block, i) => (
          // oxlint-disable-next-line react/no-array-index-key -- blocks are append-only
          <Block key={i} text={block} />
        ))}
      </section>
    )
  },
  (before, after) =>
    before.blocks.length === after.blocks.length && before.blocks.every((block, i) => block === after.blocks[i]),
)

/** Block by block: one that did not change does not render, nor does a group of them. */
export function Blocks({ blocks }) {
  const Block = settings.view === 'text-blocks' ? TextBlock : MarkdownBlock
  return Array.from({ length: Math.ceil(blocks.length / GROUP) }, (_, i) => (
    <Group key={i} Block={Block} blocks={blocks.slice(i * GROUP, (i + 1) * GROUP)} />
  ))
}
