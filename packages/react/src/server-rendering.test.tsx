// @vitest-environment jsdom
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { act, StrictMode, version, type ReactNode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  memoryPersistence,
  useChatSelector,
  useChatStream,
  useMessage,
  type Chat,
  type ChatPersistence,
  type InputMessage,
} from './index.ts'

const QUESTION: InputMessage = { id: 'q', role: 'user', text: 'Hello?' }
const HTML = '<p>thread ready</p><p>Hello?</p><p>1</p>'

interface PageProps {
  readonly initialMessages?: readonly InputMessage[]
  readonly persistence?: ChatPersistence
}

function Page(props: PageProps): ReactNode {
  const { chat, id, messages, status } = useChatStream({ api: '/v1', model: 'any', id: 'thread', ...props })
  return (
    <>
      <p>{`${id} ${status}`}</p>
      {messages.map((message) => (
        <Message key={message.id} id={message.id} chat={chat} />
      ))}
      <Count chat={chat} />
    </>
  )
}

// The chat is passed on, for a context that two renderers share in one process is what React warns of.
interface PartProps {
  readonly chat: Chat
}

function Message({ id, chat }: PartProps & { readonly id: string }): ReactNode {
  return <p>{useMessage(id, chat)?.text}</p>
}

function Count({ chat }: PartProps): ReactNode {
  return <p>{useChatSelector(({ messages }) => messages.length, { chat })}</p>
}

async function streamed(element: ReactNode): Promise<string> {
  const stream = new PassThrough()
  const { pipe } = renderToPipeableStream(element, { onAllReady: () => pipe(stream) })
  return text(stream)
}

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  vi.spyOn(console, 'error')
})

afterEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })
  expectSilence()
})

/** React has not warned of anything. */
function expectSilence(): void {
  expect(vi.mocked(console.error).mock.calls).toEqual([])
  vi.restoreAllMocks()
}

describe(`useChatStream, rendered on a server by React ${version}`, () => {
  it('shows the initial messages, and asks for nothing', async () => {
    const fetching = vi.spyOn(globalThis, 'fetch')
    const page = <Page initialMessages={[QUESTION]} />
    expect(renderToString(page)).toBe(HTML)
    expect(await streamed(page)).toBe(HTML)
    expect(fetching).not.toHaveBeenCalled()
  })

  it.each([
    ['a string', async (page: ReactNode) => renderToString(page)],
    ['a stream', streamed],
  ])('is hydrated from %s, and only then shows what was saved', async (_, render) => {
    const persistence = memoryPersistence()
    await persistence.save('thread', {
      messages: [{ id: 's', parentId: null, role: 'user', parts: [], text: 'Saved' }],
      selected: 's',
    })
    const page = (
      <StrictMode>
        <Page persistence={persistence} />
      </StrictMode>
    )
    const container = document.body.appendChild(document.createElement('div'))
    container.innerHTML = await render(page)
    const [first] = container.children
    const recovered = vi.fn<(error: unknown) => void>()
    const root = await act(async () => hydrateRoot(container, page, { onRecoverableError: recovered }))
    expect(container.textContent).toBe('thread readySaved1')
    expect(container.children[0]).toBe(first)
    expect(recovered).not.toHaveBeenCalled()
    act(() => root.unmount())
  })
})
