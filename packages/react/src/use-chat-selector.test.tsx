// @vitest-environment jsdom
import { act, useEffect, version, type ReactNode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ChatProvider, createChat, useChatContext, useChatSelector, useMessage, type Chat } from './index.ts'

let chat: Chat
let root: Root
let container: HTMLElement
let renders: string[]

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  chat = createChat({
    api: '/v1',
    model: 'any',
    id: 'thread',
    initialMessages: [
      { id: 'q', role: 'user', text: 'Hello' },
      { id: 'a', role: 'assistant', text: 'Hi' },
    ],
  })
  renders = []
  container = document.body.appendChild(document.createElement('div'))
  root = createRoot(container)
})

afterEach(() => {
  act(() => root.unmount())
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })
})

const show = (element: ReactNode): void => act(() => root.render(element))

/** Changes the text of one message. */
const change = (id: string, text: string): void =>
  act(() =>
    chat.setMessages((messages) => messages.map((message) => (message.id === id ? { ...message, text } : message))),
  )

function useRenders(name: string): void {
  useEffect(() => void renders.push(name))
}

function List(): ReactNode {
  useRenders('list')
  return useChatSelector(({ messageIds }) => messageIds).map((id) => <Item key={id} id={id} />)
}

function Item({ id }: { readonly id: string }): ReactNode {
  useRenders(id)
  return <p>{useMessage(id)?.text}</p>
}

describe(`the narrow hooks on React ${version}`, () => {
  it('render the message that changed, and neither the others nor the list', () => {
    show(
      <ChatProvider chat={chat}>
        <List />
      </ChatProvider>,
    )
    expect(container.textContent).toBe('HelloHi')
    renders = []
    change('a', 'Hi there')
    expect(container.textContent).toBe('HelloHi there')
    expect(renders).toEqual(['a'])
    act(() => chat.setMessages([]))
    expect(container.textContent).toBe('')
  })

  it('render again only when the selection is another to their own eyes', () => {
    function Texts(): ReactNode {
      useRenders('texts')
      const isEqual = (one: readonly string[], other: readonly string[]): boolean => one.join() === other.join()
      return useChatSelector(({ messages }) => messages.map(({ role }) => role), { chat, isEqual })
    }
    show(<Texts />)
    renders = []
    change('a', 'Hi there')
    expect(renders).toEqual([])
    act(() => chat.setMessages((messages) => messages.slice(0, 1)))
    expect(container.textContent).toBe('user')
  })

  it('take a new selector at the next render', () => {
    function At({ index }: { readonly index: number }): ReactNode {
      return useChatSelector(({ messages }) => messages[index]?.text, { chat })
    }
    show(<At index={0} />)
    show(<At index={1} />)
    expect(container.textContent).toBe('Hi')
  })

  it('read a message that is not on the branch that is shown, and none that is not there', () => {
    function Both(): ReactNode {
      return [useMessage('a', chat)?.text, useMessage('nobody', chat)?.text ?? 'nobody'].join()
    }
    show(<Both />)
    expect(container.textContent).toBe('Hi,nobody')
  })

  it('say what is missing where there is no chat', () => {
    const silenced = vi.spyOn(console, 'error').mockImplementation(() => {})
    const swallow = (event: Event): void => event.preventDefault()
    globalThis.addEventListener('error', swallow)
    function Lost(): ReactNode {
      return useChatContext().id
    }
    expect(() => show(<Lost />)).toThrow('ChatProvider')
    globalThis.removeEventListener('error', swallow)
    silenced.mockRestore()
  })

  it('mount the chat that a provider gives', () => {
    const mount = vi.spyOn(chat, 'mount')
    show(
      <ChatProvider chat={chat}>
        <List />
      </ChatProvider>,
    )
    expect(mount).toHaveBeenCalledOnce()
  })
})
