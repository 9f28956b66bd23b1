import { createServer } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createSimulator, simulatedAnswer } from './index.ts'
import { ask, call, contentsOf, eventsOf, last, lastEnded, post, startSimulator, textOf } from './testing/client.ts'

const parse = (event: string | undefined): unknown => JSON.parse(event ?? 'null')

describe('a streamed answer', () => {
  it('has the wire of OpenAI: role, one content a token, finish_reason, usage, [DONE]', async () => {
    const simulator = await startSimulator({ answer: () => ['Water', ' flows'] })
    const response = await post(simulator, ask('hi', { model: 'gpt-4o', stream_options: { include_usage: true } }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = eventsOf(await response.text())
    const { id, startedAt } = last(simulator)
    const head = { id, object: 'chat.completion.chunk', created: Math.floor(startedAt / 1000), model: 'gpt-4o' }
    const chunk = (delta: object, reason: string | null): object => ({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      usage: null,
    })
    expect(events.slice(0, -1).map(parse)).toEqual([
      chunk({ role: 'assistant', content: '', refusal: null }, null),
      chunk({ content: 'Water' }, null),
      chunk({ content: ' flows' }, null),
      chunk({}, 'stop'),
      { ...head, choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } },
    ])
    expect(events.at(-1)).toBe('[DONE]')
  })

  it('tells its usage only to who asks', async () => {
    const simulator = await startSimulator()
    const text = await (await post(simulator, ask('hi'))).text()
    expect(text).not.toContain('usage')
  })

  it('is exactly simulatedAnswer, token by token', async () => {
    const simulator = await startSimulator({ tokensPerSecond: Infinity })
    for (const prompt of ['a long story, please', '详细说说', 'hello']) {
      const events = eventsOf(await (await post(simulator, ask(prompt))).text())
      expect([...contentsOf(events)]).toEqual(simulatedAnswer(prompt))
    }
  })

  it('takes the prompt from the last user message, in content parts too', async () => {
    const simulator = await startSimulator()
    const content = [
      { type: 'text', text: 'hello ' },
      { type: 'image_url', image_url: { url: 'x:' } },
      { type: 'text', text: 'there' },
    ]
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content },
      { role: 'assistant', content: null, tool_calls: [] },
    ]
    const events = eventsOf(await (await post(simulator, { model: 'any', stream: true, messages })).text())
    expect(textOf(events)).toBe(simulatedAnswer('hello there').join(''))
    expect(last(simulator).prompt).toBe('hello there')
  })

  it('is cut with length at max_tokens', async () => {
    const simulator = await startSimulator()
    const events = eventsOf(await (await post(simulator, ask('hi', { max_tokens: 3 }))).text())
    expect(textOf(events)).toBe(simulatedAnswer('hi').slice(0, 3).join(''))
    expect(events.at(-2)).toContain('"finish_reason":"length"')
    expect(simulator.stats.billed).toBe(3)
  })

  it('may be empty', async () => {
    const simulator = await startSimulator({ answer: () => '' })
    const events = eventsOf(await (await post(simulator, ask('hi'))).text())
    expect(events).toHaveLength(3)
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'finished', produced: 0 })
  })

  it('sends its head at once and its first chunk when the first token is due', async () => {
    const simulator = await startSimulator({ firstTokenMs: 60_000 })
    const open = await call(simulator, ask('hi'))
    expect(open.response.statusCode).toBe(200)
    expect(open.text()).toBe('')
  })
})

describe('an answer without stream', () => {
  it('is one chat.completion, after the pace', async () => {
    const simulator = await startSimulator({ answer: () => 'a b c', firstTokenMs: 30, tokensPerSecond: 100 })
    const response = await post(simulator, ask('hi', { stream: false, model: 'gpt-4o' }))
    const { id, startedAt, produced } = last(simulator)
    expect(performance.timeOrigin + performance.now() - startedAt).toBeGreaterThanOrEqual(50)
    expect(produced).toBe(3)
    expect(await response.json()).toEqual({
      id,
      object: 'chat.completion',
      created: Math.floor(startedAt / 1000),
      model: 'gpt-4o',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'a b c', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    })
  })
})

describe('createSimulator', () => {
  it('gives a base URL on this machine alone', async () => {
    const { url } = await startSimulator()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
  })

  it.each([{ tokensPerSecond: 0 }, { tokensPerSecond: Number.NaN }, { firstTokenMs: -1 }, { firstTokenMs: Infinity }])(
    'rejects %o',
    async (options) => {
      await expect(createSimulator(options)).rejects.toThrow(RangeError)
    },
  )

  it('rejects with EADDRINUSE when the port is taken', async () => {
    const { url } = await startSimulator()
    await expect(createSimulator({ port: Number(new URL(url).port) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('answers 500 when answer throws, and goes on', async () => {
    const simulator = await startSimulator({
      answer({ prompt }) {
        if (prompt === 'bad') throw new Error('no idea')
        return 'fine'
      },
    })
    const response = await post(simulator, ask('bad'))
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: { code: 'simulator_option' } })
    expect(await lastEnded(simulator)).toMatchObject({ outcome: 'failed', produced: 0 })
    expect(textOf(eventsOf(await (await post(simulator, ask('good'))).text()))).toBe('fine')
  })
})

describe('close', () => {
  it('ends what is open, frees the port and resolves when nothing is left', async () => {
    const simulator = await startSimulator({ firstTokenMs: 60_000 })
    const calls = await Promise.all([call(simulator, ask('one')), call(simulator, ask('two'))])
    const ends = calls.map(({ response }) => new Promise((resolve) => response.once('close', resolve)))
    expect(simulator.stats.open).toBe(2)
    const closing = simulator.close()
    expect(simulator.close()).toBe(closing)
    await closing
    expect(simulator.stats.open).toBe(0)
    expect(simulator.stats.requests.map(({ outcome }) => outcome)).toEqual(['failed', 'failed'])
    await Promise.all(ends)
    const next = createServer()
    await new Promise<void>((resolve, reject) => {
      next.once('error', reject).listen(Number(new URL(simulator.url).port), '127.0.0.1', resolve)
    })
    next.close()
  })

  it('does not wait for a request that is still arriving', async () => {
    const simulator = await startSimulator()
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1').on('error', () => {})
    await new Promise<void>((resolve) => {
      socket.write('POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Le', () => resolve())
    })
    await (await post(simulator, ask('hi'))).text()
    await simulator.close()
    socket.destroy()
    expect(simulator.stats.requests).toHaveLength(1)
  })

  it('does not wait for idle connections', async () => {
    const simulator = await startSimulator()
    await (await post(simulator, ask('hi'))).text()
    await simulator.close()
    expect((await lastEnded(simulator)).outcome).toBe('finished')
  })
})
