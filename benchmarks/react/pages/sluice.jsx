import { useChatStream } from '@sluice/react'
import { memo, useLayoutEffect } from 'react'
import { measurable, observed } from './observed.js'
import { settings } from './settings.js'
import { Blocks, Text, WholeMarkdown } from './views.jsx'

const Message = memo(function Message({ message }) {
  observed.rendered(message.id)
  return <article>{view(message)}</article>
})

function view({ text, parts }) {
  if (settings.view === 'text') return <Text text={text} />
  if (settings.view === 'whole-markdown') return <WholeMarkdown text={text} />
  return parts.map((part) => <Blocks key={part.type} blocks={[...part.blocks, part.tail]} />)
}

export function SluiceChat() {
  const { messages, sendMessage } = useChatStream({
    api: settings.wire,
    model: 'gpt-4o-mini',
    initialMessages: settings.history,
  })
  useLayoutEffect(() => observed.committed())
  measurable(() => sendMessage({ text: 'Tell me more.' }))
  return messages.map((message) => <Message key={message.id} message={message} />)
}
