// @vitest-environment jsdom
import { simulatedAnswer } from '@sluice/simulator'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createChat, memoryPersistence, type ChatMessage } from './index.ts'
import { renderChat, type RenderedChat } from './testing/render.tsx'
import { startSluice, type RunningSluice } from './testing/sluice.ts'

const HELLO = simulatedAnswer('Hello').join('')
const LONG = 'Tell me a long story'

let sluice: RunningSluice
let complaints: ReturnType<typeof vi.spyOn>

beforeEach(async () => {
  sluice = await startSluice({ tokensPerSecond: 200 })
  complaints = vi.spyOn(console, 'error')
})

afterEach(async () => {
  await sluice.close()
  expectSilence()
})

/** React has not warned of anything. */
function expectSilence(): void {
  expect(complaints.mock.calls).toEqual([])
  vi.restoreAllMocks()
}

const options = () => ({ api: sluice.api, model: 'simulator' })
const requests = () => sluice.simulator.stats.requests
const outcomeOf = (message: ChatMessage | undefined) => (message?.role === 'assistant' ? message.outcome : undefined)

/** Until the newest answer has at least `length` characters. */
function answered(view: RenderedChat, length = 1): Promise<void> {
  return vi.waitFor(() => expect(view.chat.messages.at(-1)?.text.length).toBeGreaterThanOrEqual(length), WAIT)
}

function settled(view: RenderedChat): Promise<void> {
  return vi.waitFor(() => expect(outcomeOf(view.chat.messages.at(-1))?.status).toBeDefined(), WAIT)
}

const WAIT = { timeout: 4000, interval: 5 }

describe('useChatStream', () => {
  it('sends a message and shows its answer while it grows', async () => {
    const view = await renderChat(options())
    const outcome = await view.chat.sendMessage({ text: 'Hello' })
    await vi.waitFor(() => expect(view.shown).toBe(`Hello|${HELLO}`), WAIT)
    expect(outcome.status).toBe('completed')
    const steps = new Set(view.renders.map(({ messages }) => messages[1]?.text ?? ''))
    expect(steps.size).toBeGreaterThan(4)
    for (const text of steps) expect(HELLO.startsWith(text)).toBe(true)
    const statuses = view.renders.map(({ status }) => status)
    expect(statuses.filter((status, i) => status !== statuses[i - 1])).toEqual([
      'ready',
      'submitted',
      'streaming',
      'ready',
    ])
    expect(view.chat.runState).toBe('completed')
  })

  it('freezes the text at the instant of stop, and keeps it as a cancelled answer', async () => {
    const view = await renderChat(options())
    const sending = view.chat.sendMessage({ text: LONG })
    await answered(view, 50)
    const stopping = view.chat.stop()
    await vi.waitFor(() => expect(view.chat.status).toBe('ready'), WAIT)
    const frozen = view.shown
    await stopping
    expect((await sending).status).toBe('cancelled')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(view.shown).toBe(frozen)
    expect(view.chat.runState).toBe('cancelled')
    expect(outcomeOf(view.chat.messages.at(-1))?.status).toBe('cancelled')
    expect(requests()).toMatchObject([{ outcome: 'hung-up', afterHangup: 0 }])
  })

  it('shows a failure, and is ready again when the error is cleared', async () => {
    const view = await renderChat({ ...options(), model: 'simulator/unauthorized' })
    expect((await view.chat.sendMessage({ text: 'Hello' })).status).toBe('failed')
    await vi.waitFor(() => expect(view.chat.status).toBe('error'), WAIT)
    expect(view.chat.error?.code).toBe('unauthorized')
    view.chat.clearError()
    await vi.waitFor(() => expect(view.chat.status).toBe('ready'), WAIT)
    expect(view.chat.error).toBeNull()
  })

  it('gives the same functions at every render', async () => {
    const view = await renderChat(options())
    await view.chat.sendMessage({ text: 'Hello' })
    for (const name of ['sendMessage', 'stop', 'detach', 'resumeStream', 'clearError'] as const) {
      expect(new Set(view.renders.map((chat) => chat[name])).size).toBe(1)
    }
  })

  it('leaves the answer running when it unmounts, and finds it again', async () => {
    const view = await renderChat({ ...options(), id: 'thread' })
    void view.chat.sendMessage({ text: LONG })
    await answered(view, 50)
    await view.unmount()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(requests()).toMatchObject([{ outcome: 'open' }])

    const again = await renderChat({ ...options(), id: 'thread', resume: true })
    await answered(again, 100)
    expect(again.chat.messages[0]?.text).toBe(LONG)
    const text = again.chat.messages[1]?.text ?? '-'
    expect(simulatedAnswer(LONG).join('').startsWith(text)).toBe(true)
    await again.chat.stop()
    expect(requests()).toHaveLength(1)
    await again.unmount()
  })

  it('makes another chat of another id, and leaves the run of the first one alone', async () => {
    const persistence = memoryPersistence()
    const view = await renderChat({ ...options(), id: 'first', persistence, resume: true })
    void view.chat.sendMessage({ text: LONG })
    await answered(view, 50)
    await view.rerender({ ...options(), id: 'second', persistence, resume: true })
    expect(view.chat).toMatchObject({ id: 'second', messages: [], status: 'ready' })
    expect(requests()).toMatchObject([{ outcome: 'open' }])
    await view.rerender({ ...options(), id: 'first', persistence, resume: true })
    await answered(view, 100)
    expect(view.chat.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
    await view.chat.stop()
  })

  it('keeps the chat when the id that it minted is passed to it', async () => {
    const view = await renderChat(options())
    await view.chat.sendMessage({ text: 'Hello' })
    await settled(view)
    const { id, sendMessage } = view.chat
    await view.rerender({ ...options(), id })
    expect(view.chat.messages).toHaveLength(2)
    expect(view.chat.sendMessage).toBe(sendMessage)
    await view.rerender(options())
    expect(view.chat.messages).toEqual([])
  })

  it('sends with the options of the newest render', async () => {
    const onFinish = vi.fn<() => void>()
    const view = await renderChat({ ...options(), model: 'one', headers: { 'x-simulator-scenario': 'slow' }, onFinish })
    await view.rerender({ ...options(), model: 'two' })
    await view.chat.sendMessage({ text: 'Hello' })
    expect(requests()).toMatchObject([{ model: 'two', scenario: 'normal' }])
    expect(onFinish).not.toHaveBeenCalled()
  })

  it('binds a chat that was created elsewhere', async () => {
    const chat = createChat(options())
    const view = await renderChat({ chat })
    await chat.sendMessage({ text: 'Hello' })
    await vi.waitFor(() => expect(view.shown).toBe(`Hello|${HELLO}`), WAIT)
    const other = createChat(options())
    await view.rerender({ chat: other })
    expect(view.chat.id).toBe(other.id)
  })
})

describe('useChatStream in StrictMode', () => {
  it('keeps the run of a send in a mount effect through the unmount that React plays', async () => {
    const view = await renderChat(options(), { strict: true, sendAtMount: 'Hello' })
    await vi.waitFor(() => expect(view.shown).toBe(`Hello|${HELLO}`), WAIT)
    expect(requests()).toMatchObject([{ outcome: 'finished' }])
    expect(view.chat.runState).toBe('completed')
  })

  it('leaves the run at the real unmount', async () => {
    const view = await renderChat(options(), { strict: true })
    const sending = view.chat.sendMessage({ text: LONG })
    await answered(view, 50)
    await view.unmount()
    expect(await sending).toMatchObject({ status: 'incomplete', detached: true })
    expect(requests()).toMatchObject([{ outcome: 'open' }])
  })
})
