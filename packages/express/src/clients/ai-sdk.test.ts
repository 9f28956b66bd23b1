import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { ANSWER, createBench, until } from '@sluice/contract'
import { generateText, streamText, type LanguageModel } from 'ai'
import express from 'express'
import { afterEach, describe, expect, it } from 'vitest'
import { startExpress } from '../testing/express-server.ts'

const bench = createBench(startExpress((chat) => express().use('/v1', chat)))

afterEach(bench.close)

function model(name = 'any'): LanguageModel {
  return createOpenAICompatible({ name: 'sluice', baseURL: bench.api })(name)
}

describe('the AI SDK', () => {
  it('streams an answer', async () => {
    await bench.open()
    const result = streamText({ model: model(), prompt: 'Hello' })
    let text = ''
    for await (const piece of result.textStream) text += piece
    expect(text).toBe(ANSWER)
    expect(await result.finishReason).toBe('stop')
  })

  it('gets a whole answer at once', async () => {
    await bench.open()
    const { text, finishReason } = await generateText({ model: model(), prompt: 'Hello', maxRetries: 0 })
    expect({ text, finishReason }).toEqual({ text: ANSWER, finishReason: 'stop' })
  })

  it('closes the provider’s socket with its abort', async () => {
    await bench.open({ simulator: { tokensPerSecond: 20 } })
    const stopping = new AbortController()
    const result = streamText({ model: model(), prompt: 'Hello', abortSignal: stopping.signal })
    for await (const piece of result.textStream) if (piece !== '') stopping.abort()
    await until('the provider saw its socket close', () => bench.simulator.stats.open === 0)
    expect(bench.simulator.stats.requests[0]).toMatchObject({ outcome: 'hung-up', afterHangup: 0 })
  })

  it('is told of an answer that broke off in the middle', async () => {
    await bench.open()
    const errors: unknown[] = []
    const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error)
    const result = streamText({ model: model('simulator/cut'), prompt: 'Hello', onError })
    let text = ''
    for await (const piece of result.textStream) text += piece
    expect(ANSWER.startsWith(text)).toBe(true)
    expect(text).not.toBe('')
    expect(errors).toHaveLength(1)
    expect(await result.finishReason).toBe('error')
  })
})
