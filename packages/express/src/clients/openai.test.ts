import { ANSWER, createBench, TOKENS, until } from '@sluice/contract'
import express from 'express'
import OpenAI, { APIError } from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { startExpress } from '../testing/express-server.ts'

const bench = createBench(startExpress((chat) => express().use('/v1', chat)))
const QUESTION = { model: 'any', messages: [{ role: 'user' as const, content: 'Hello' }] }

afterEach(bench.close)

async function openClient(options?: Parameters<typeof bench.open>[0]): Promise<OpenAI> {
  await bench.open(options)
  return new OpenAI({ baseURL: bench.api, apiKey: 'not-needed', maxRetries: 0 })
}

describe('the openai client', () => {
  it('streams an answer', async () => {
    const client = await openClient()
    let text = ''
    let finishReason: string | null | undefined
    for await (const { choices } of await client.chat.completions.create({ ...QUESTION, stream: true })) {
      text += choices[0]?.delta.content ?? ''
      finishReason = choices[0]?.finish_reason ?? finishReason
    }
    expect(text).toBe(ANSWER)
    expect(finishReason).toBe('stop')
  })

  it('gets the provider’s count with the stream, if it asks', async () => {
    const client = await openClient()
    const asked = { ...QUESTION, stream: true, stream_options: { include_usage: true } } as const
    const counts: number[] = []
    for await (const { usage } of await client.chat.completions.create(asked)) {
      if (usage) counts.push(usage.completion_tokens)
    }
    expect(counts).toEqual([TOKENS.length])
  })

  it('runs its own helper over the stream', async () => {
    const client = await openClient()
    const completion = await client.chat.completions.stream(QUESTION).finalChatCompletion()
    expect(completion.choices[0]).toMatchObject({ message: { content: ANSWER }, finish_reason: 'stop' })
  })

  it('gets a whole answer at once', async () => {
    const client = await openClient()
    const completion = await client.chat.completions.create(QUESTION)
    expect(completion).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
      usage: { completion_tokens: TOKENS.length },
    })
  })

  it.each([true, false])('closes the provider’s socket with its abort, streaming: %s', async (stream) => {
    const client = await openClient({ simulator: { tokensPerSecond: 20 } })
    const stopping = new AbortController()
    const asked = client.chat.completions.create({ ...QUESTION, stream }, { signal: stopping.signal })
    const answer = asked.then(async (given) => {
      if (Symbol.asyncIterator in given) for await (const _ of given);
    })
    await until('the answer has begun', () => bench.simulator.stats.produced > 2)
    stopping.abort()
    await answer.catch(() => undefined)
    await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    expect(bench.simulator.stats.requests[0]).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
  })

  it('closes the provider’s socket when its loop is left', async () => {
    const client = await openClient({ simulator: { tokensPerSecond: 20 } })
    for await (const { choices } of await client.chat.completions.create({ ...QUESTION, stream: true })) {
      if (choices[0]?.delta.content) break
    }
    await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    expect(bench.simulator.stats.requests[0]?.outcome).toBe('hung-up')
  })

  it('throws what the provider refused, with its status', async () => {
    const client = await openClient()
    const refused: unknown = await client.chat.completions
      .create({ ...QUESTION, model: 'simulator/rate-limit', stream: true })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(APIError)
    expect(refused).toMatchObject({ status: 429 })
  })

  it('throws when an answer broke off in the middle', async () => {
    const client = await openClient()
    const stream = await client.chat.completions.create({ ...QUESTION, model: 'simulator/cut', stream: true })
    let text = ''
    const reading = async (): Promise<void> => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? ''
    }
    await expect(reading()).rejects.toBeInstanceOf(APIError)
    expect(text).not.toBe('')
  })

  it('lists the models', async () => {
    const client = await openClient()
    const { data } = await client.models.list()
    expect(data.map(({ id }) => id)).toContain('simulator/cut')
  })
})
