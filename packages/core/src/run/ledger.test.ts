import { describe, expect, it } from 'vitest'
import type { ChatChunk, ChunkDelta } from '../message/chunk.ts'
import { createRunLedger, type RunLedger } from './ledger.ts'

function chunk(delta: ChunkDelta, rest: Partial<ChatChunk> = {}, finish: string | null = null): ChatChunk {
  return { choices: [{ index: 0, delta, finish_reason: finish }], ...rest }
}

function ledgerOf(...chunks: readonly ChatChunk[]): RunLedger {
  const ledger = createRunLedger({ messageId: 'm1', messages: [{ role: 'user', content: 'abcdabcd' }] })
  for (const one of chunks) ledger.add(one)
  return ledger
}

const USAGE = { prompt_tokens: 5, completion_tokens: 6, total_tokens: 11 }

describe('createRunLedger', () => {
  it('keeps what was delivered, the finish reason and the provider’s name and count', () => {
    const ledger = ledgerOf(
      chunk({ role: 'assistant', content: '' }, { provider: 'DeepInfra' }),
      chunk({ content: 'Hi' }),
      chunk({}, {}, 'stop'),
      { choices: [], usage: USAGE },
    )
    expect(ledger.provider).toBe('DeepInfra')
    expect(ledger.facts()).toMatchObject({
      message: { id: 'm1', text: 'Hi' },
      finishReason: 'stop',
      usage: { source: 'provider', inputTokens: 5, outputTokens: 6, totalTokens: 11 },
      skippedChunks: 0,
    })
  })

  it('returns what a chunk adds', () => {
    const ledger = ledgerOf()
    expect(ledger.isEmpty).toBe(true)
    expect(ledger.add(chunk({ role: 'assistant' }))).toBeUndefined()
    expect(ledger.isEmpty).toBe(true)
    expect(ledger.add(chunk({ content: 'Hi' }))).toEqual({ text: 'Hi' })
    expect(ledger.isEmpty).toBe(false)
  })

  it('keeps the first finish reason where a later chunk has none, and takes the usage of a second finish chunk', () => {
    const ledger = ledgerOf(chunk({ content: 'Hi' }), chunk({}, {}, 'stop'), chunk({ content: '' }, { usage: USAGE }))
    expect(ledger.facts()).toMatchObject({ finishReason: 'stop', usage: { source: 'provider' } })
  })

  it('knows no usage of a run that delivered nothing', () => {
    expect(ledgerOf().facts()).toMatchObject({ finishReason: null, usage: { source: 'unknown', outputTokens: null } })
  })

  it('estimates the usage of a run whose provider told none', () => {
    expect(ledgerOf(chunk({ content: 'abcdabcd' }, { usage: null })).facts().usage).toEqual({
      source: 'estimated',
      inputTokens: 2,
      outputTokens: 2,
      totalTokens: 4,
    })
  })

  it('estimates reasoning and tool calls as output, too', () => {
    const ledger = ledgerOf(
      chunk({ reasoning: 'abcdabcd' }),
      chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'look', arguments: '{"a":"bcd"}' } }] }),
    )
    expect(ledger.facts().usage).toMatchObject({ source: 'estimated' })
    expect(ledger.facts().usage.outputTokens).toBeGreaterThanOrEqual(5)
  })

  it('takes a provider’s running count for its own only as long as no more text comes', () => {
    const running = ledgerOf(chunk({ content: 'ab' }, { usage: USAGE }), chunk({ content: 'cd' }, { usage: USAGE }))
    expect(running.facts().usage.source).toBe('provider')
    const early = ledgerOf(
      chunk({ content: '' }, { usage: { ...USAGE, completion_tokens: 0 } }),
      chunk({ content: 'abcd' }),
    )
    expect(early.facts().usage).toMatchObject({ source: 'estimated', outputTokens: 1 })
  })

  it('goes on from what was received before', () => {
    const received = ledgerOf(chunk({ content: 'Once ' })).message()
    const ledger = createRunLedger({ messageId: 'm1', messages: [], received })
    ledger.add(chunk({ content: 'more' }))
    expect(ledger.text).toBe('Once more')
  })

  it('survives 16 events that are no chunks, and no more', () => {
    const ledger = ledgerOf()
    expect(ledger.skip(1)).toBeUndefined()
    expect(ledger.skip(15)).toBeUndefined()
    expect(ledger.facts().skippedChunks).toBe(16)
    expect(ledger.skip(1)).toMatchObject({ code: 'protocol' })
  })
})
