import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textPart } from '../message/text-part.ts'
import { endOfRun, readMessage, readRunObject, type RunObject } from './run-object.ts'
import { RUN_STATES } from './state.ts'

const RUN: RunObject = {
  object: 'run',
  id: '01234567-89ab-4def-8123-456789abcdef',
  status: 'streaming',
  created: 1_700_000_000,
  thread: 't1',
  parent: 'q1',
  lastEventId: 7,
  usage: { source: 'estimated', inputTokens: 1, outputTokens: 2, totalTokens: 3 },
  cancellation: null,
  error: null,
  finishReason: null,
  skippedChunks: 0,
  message: {
    id: 'm1',
    role: 'assistant',
    parts: [
      { type: 'reasoning', text: 'Hm' },
      textPart('Hi'),
      { type: 'tool-call', id: 'a', name: 'look', arguments: '{' },
    ],
    text: 'Hi',
  },
  input: [{ role: 'user', content: 'Hello' }],
}

const overTheWire = (run: unknown): RunObject | undefined => readRunObject(JSON.parse(JSON.stringify(run)))

describe('readRunObject', () => {
  it('takes back a run as it was given', () => {
    expect(overTheWire(RUN)).toEqual(RUN)
    const ended: RunObject = {
      ...RUN,
      status: 'cancelled',
      finishReason: 'stop',
      cancellation: { requestedBy: 'user', upstream: 'closed', billing: 'stopped', closedAfterMs: 3 },
    }
    expect(overTheWire(ended)).toEqual(ended)
    const failed: RunObject = { ...RUN, status: 'failed', error: { code: 'provider', message: 'It broke.' } }
    expect(overTheWire(failed)).toEqual(failed)
  })

  it('reads none from what lacks an id, a status, a message or a place in the log', () => {
    const wrong = [{ object: 'list' }, { id: 'mine' }, { status: 'gone' }, { message: null }, { lastEventId: '7' }]
    for (const field of wrong) expect(overTheWire({ ...RUN, ...field })).toBeUndefined()
    for (const value of [null, undefined, 7, 'run', [RUN]]) expect(readRunObject(value)).toBeUndefined()
  })

  it('fills what is missing and less needed', () => {
    const { id, status, lastEventId, message } = RUN
    expect(overTheWire({ object: 'run', id, status, lastEventId, message: { id: message.id } })).toEqual({
      ...RUN,
      created: 0,
      thread: null,
      parent: null,
      usage: { source: 'unknown', inputTokens: null, outputTokens: null, totalTokens: null },
      message: { id: 'm1', role: 'assistant', parts: [], text: '' },
      input: [],
    })
  })

  it('never throws, whatever a server says', () => {
    const field = fc.jsonValue()
    const garbage = fc.record({
      object: fc.constant('run'),
      id: fc.constant(RUN.id),
      status: fc.oneof(fc.constantFrom(...RUN_STATES), field),
      lastEventId: fc.oneof(fc.nat(), field),
      message: fc.oneof(fc.record({ id: fc.string(), text: field, parts: fc.oneof(field, fc.array(field)) }), field),
      usage: field,
      cancellation: field,
      error: field,
      input: field,
    })
    fc.assert(
      fc.property(fc.oneof(garbage, field), (value) => {
        const run = readRunObject(value)
        expect(() => run && endOfRun(run)).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('endOfRun', () => {
  it('tells none of a run that goes on', () => {
    for (const status of ['submitted', 'streaming', 'cancelling'] as const) {
      expect(endOfRun({ ...RUN, status })).toBeUndefined()
    }
  })

  it('tells the end of a run that has ended', () => {
    expect(endOfRun({ ...RUN, status: 'completed', finishReason: 'length' })).toEqual({
      status: 'completed',
      finishReason: 'length',
      usage: RUN.usage,
      skippedChunks: 0,
    })
  })
})

describe('readMessage', () => {
  it('leaves out parts that it does not know', () => {
    const parts = [
      { type: 'text', text: 7 },
      { type: 'video' },
      null,
      { type: 'tool-call' },
      { type: 'text', text: 'a' },
    ]
    expect(readMessage({ id: 'm1', parts, text: 'a' })?.parts).toEqual([
      { type: 'tool-call', id: '', name: '', arguments: '' },
      textPart('a'),
    ])
  })
})
