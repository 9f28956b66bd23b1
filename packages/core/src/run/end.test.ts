import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatStreamError } from '../errors.ts'
import { readChunk, type ChatChunk } from '../message/chunk.ts'
import type { AssistantMessage } from '../message/message.ts'
import { textPart } from '../message/text-part.ts'
import { lastChunk, openAIError, outcomeOfEnd, readCancellation, readEnd, readErrorFacts, sluiceEnd } from './end.ts'
import { outcomeError, type OutcomeFacts, type RunOutcome } from './outcome.ts'
import { isRunEnd, RUN_ENDS } from './state.ts'

const MESSAGE: AssistantMessage = { id: 'm1', role: 'assistant', parts: [textPart('Hi')], text: 'Hi' }
const FACTS: OutcomeFacts = {
  message: MESSAGE,
  finishReason: 'stop',
  usage: { source: 'provider', inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  skippedChunks: 2,
}
const ERROR = new ChatStreamError('rate_limited', 'The provider answered status 429.', {
  cause: new Error('sk-secret'),
  status: 429,
  retryAfterMs: 1000,
  providerCode: 'slow_down',
  providerType: 'requests',
})
const OUTCOMES: readonly RunOutcome[] = [
  { ...FACTS, status: 'completed' },
  { ...FACTS, status: 'completed', finishReason: null },
  {
    ...FACTS,
    status: 'cancelled',
    cancellation: { requestedBy: 'disconnect', upstream: 'closed', billing: 'unknown', closedAfterMs: 4.5 },
  },
  {
    ...FACTS,
    status: 'cancelled',
    cancellation: { requestedBy: 'user', upstream: 'draining', billing: 'continues', closedAfterMs: null },
  },
  { ...FACTS, status: 'failed', error: ERROR },
  { ...FACTS, status: 'incomplete', error: new ChatStreamError('truncated', 'It ended.') },
]

function overTheWire(outcome: RunOutcome): ChatChunk {
  const reading = readChunk(JSON.stringify(lastChunk(outcome, { id: 'c1', created: 7, model: 'any' })))
  if (reading.type !== 'chunk') throw new TypeError('Expected a chunk.')
  return reading.chunk
}

describe('lastChunk', () => {
  it.each(OUTCOMES)('carries the outcome of a run that is $status', (outcome) => {
    const end = readEnd(overTheWire(outcome))
    if (end === undefined) throw new TypeError('Expected an end.')
    const read = outcomeOfEnd(end, MESSAGE)
    expect(read.message).toBe(MESSAGE)
    expect(sluiceEnd(read)).toEqual(sluiceEnd(outcome))
    expect(outcomeError(read)?.toJSON()).toEqual(outcomeError(outcome)?.toJSON())
  })

  it('tells clients that know OpenAI alone the truth in its words', () => {
    const words = OUTCOMES.map((outcome) => overTheWire(outcome).choices?.[0]?.finish_reason)
    expect(words).toEqual(['stop', 'stop', 'stop', 'stop', 'error', 'error'])
    const lengthy = overTheWire({ ...FACTS, status: 'completed', finishReason: 'length' })
    expect(lengthy).toMatchObject({
      choices: [{ index: 0, delta: {}, finish_reason: 'length' }],
      id: 'c1',
      model: 'any',
    })
    expect(lengthy.error).toBeUndefined()
    expect(overTheWire({ ...FACTS, status: 'failed', error: ERROR }).error).toEqual({
      message: ERROR.message,
      type: 'requests',
      code: 'slow_down',
    })
  })

  it('holds no cause of an error', () => {
    expect(JSON.stringify(lastChunk({ ...FACTS, status: 'failed', error: ERROR }, { id: 'c', created: 7, model: 'm' }))) //
      .not.toContain('sk-secret')
  })
})

describe('openAIError', () => {
  it('names the kind of the status where the provider named none', () => {
    const error = new ChatStreamError('not_found', 'No such run.')
    expect(openAIError(error, 404).error).toEqual({
      message: 'No such run.',
      type: 'invalid_request_error',
      code: 'not_found',
    })
    expect(openAIError(error).error.type).toBe('server_error')
  })
})

describe('readEnd', () => {
  it('reads none from a chunk of a provider, or of a run that goes on', () => {
    for (const sluice of [undefined, null, 'completed', ['completed'], {}, { status: 'streaming' }, { status: 4 }]) {
      expect(readEnd({ sluice })).toBeUndefined()
    }
  })

  it('fills what an end leaves out', () => {
    expect(readEnd({ sluice: { status: 'cancelled' } })).toEqual({
      status: 'cancelled',
      finishReason: null,
      usage: { source: 'unknown', inputTokens: null, outputTokens: null, totalTokens: null },
      skippedChunks: 0,
    })
    expect(outcomeOfEnd({ ...FACTS, status: 'cancelled' }, MESSAGE)).toMatchObject({
      cancellation: { upstream: 'unknown', billing: 'unknown', closedAfterMs: null },
    })
    expect(outcomeOfEnd({ ...FACTS, status: 'failed' }, MESSAGE)).toMatchObject({ error: { code: 'protocol' } })
  })

  it('takes no word that it does not know', () => {
    expect(readCancellation({ requestedBy: 'a ghost', upstream: 'gone', billing: 'free', closedAfterMs: '3' })).toEqual(
      {
        requestedBy: 'user',
        upstream: 'unknown',
        billing: 'unknown',
        closedAfterMs: null,
      },
    )
    expect(readErrorFacts({ code: 'toString', message: 7 })).toMatchObject({ code: 'provider' })
  })

  it('never throws, and makes a whole outcome of every end that it reads', () => {
    const garbage = fc.record(
      {
        status: fc.oneof(fc.constantFrom(...RUN_ENDS), fc.jsonValue()),
        finishReason: fc.jsonValue(),
        usage: fc.jsonValue(),
        skippedChunks: fc.jsonValue(),
        cancellation: fc.oneof(fc.jsonValue(), fc.record({ upstream: fc.jsonValue(), closedAfterMs: fc.jsonValue() })),
        error: fc.oneof(fc.jsonValue(), fc.record({ code: fc.jsonValue(), status: fc.jsonValue() })),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(garbage, fc.jsonValue()), (sluice) => {
        const end = readEnd({ sluice })
        if (end === undefined) return
        const outcome = outcomeOfEnd(end, MESSAGE)
        expect(isRunEnd(outcome.status)).toBe(true)
        expect(outcome.message).toBe(MESSAGE)
        expect(outcomeError(outcome) instanceof ChatStreamError).toBe(['failed', 'incomplete'].includes(outcome.status))
        expect('cancellation' in outcome).toBe(outcome.status === 'cancelled')
      }),
      { numRuns: 500 },
    )
  })
})
