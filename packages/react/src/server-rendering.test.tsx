import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'
import { useChatStream, type ChatMessage } from './index.ts'

const QUESTION: ChatMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Hello?' }], text: 'Hello?' }

function Page() {
  const { id, messages, status } = useChatStream({
    api: '/v1',
    model: 'simulator',
    id: 'thread',
    initialMessages: [QUESTION],
    resume: true,
  })
  return <p>{[id, status, ...messages.map(({ text }) => text)].join(' ')}</p>
}

it('renders the initial messages on a server, where nothing is fetched and nothing is a browser', () => {
  expect('document' in globalThis).toBe(false)
  expect(renderToString(<Page />)).toBe('<p>thread ready Hello?</p>')
})
