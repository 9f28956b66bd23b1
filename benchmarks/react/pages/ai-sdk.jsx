import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport } from 'ai'
import { marked } from 'marked'
import { memo, useLayoutEffect, useMemo } from 'react'
import { measurable, observed } from './observed.js'
import { settings } from './settings.js'
import { Blocks, Text, WholeMarkdown } from './views.jsx'

const transport = new DefaultChatTransport({ api: `${settings.wire}/chat` })

const history = settings.history.map(({ id, role, text }) => ({ id, role, parts: [{ type: 'text', text }] }))

const Message = memo(function Message({ message }) {
  observed.rendered(message.id)
  return <article>{message.parts.map(({ type, text }) => type === 'text' && <Part key={type} text={text} />)}</article>
})

/** As the AI SDK's recipe "Markdown Chatbot with Memoization" has it. */
function TextInBlocks({ text }) {
  const blocks = useMemo(() => marked.lexer(text).map(({ raw }) => raw), [text])
  return <Blocks blocks={blocks} />
}

const Part = { text: Text, 'whole-markdown': WholeMarkdown }[settings.view] ?? TextInBlocks

export function AiSdkChat() {
  const { messages, sendMessage } = useChat({ messages: history, transport, throttle: settings.throttle })
  useLayoutEffect(() => observed.committed())
  measurable(() => sendMessage({ text: 'Tell me more.' }))
  return messages.map((message) => <Message key={message.id} message={message} />)
}
