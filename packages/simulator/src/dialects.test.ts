import { describe, expect, it } from 'vitest'
import type { ScenarioName } from './index.ts'
import { ask, eventsOf, lastEnded, post, startSimulator } from './testing/client.ts'

const ANSWER = ['0 ', '1 ', '2 ', '3 ']
const THOUGHT = 'The reader asks; I weigh the words.'

interface WireChoice {
  readonly index: number
  readonly delta: Readonly<Record<string, unknown>> | null
  readonly finish_reason: string | null
  readonly logprobs: unknown
}

interface WireChunk {
  readonly choices: readonly WireChoice[]
  readonly usage?: unknown
  readonly [other: string]: unknown
}

/** The chunks of one streamed answer; every one of them has to be whole JSON, with `[DONE]` behind them. */
async function chunksOf(scenario: ScenarioName, more: object = {}): Promise<readonly WireChunk[]> {
  const simulator = await startSimulator({ scenario, answer: () => ANSWER })
  const events = eventsOf(await (await post(simulator, ask('hi', more))).text())
  const chunks = events.slice(0, -1).map((event): WireChunk => JSON.parse(event))
  expect(events.at(-1)).toBe('[DONE]')
  const { outcome, produced, billed } = await lastEnded(simulator)
  expect(outcome).toBe('finished')
  const isStep = ({ delta }: WireChoice): boolean =>
    ['content', 'refusal', 'reasoning', 'reasoning_content', 'tool_calls'].some((name) => Boolean(delta?.[name]))
  const steps = chunks.filter(({ choices }) => choices.some((choice) => choice.index === 0 && isStep(choice)))
  expect([produced, billed]).toEqual([steps.length, steps.length])
  return chunks
}

function field(chunks: readonly WireChunk[], name: string): readonly unknown[] {
  return chunks
    .map(({ choices }) => choices.at(-1)?.delta?.[name])
    .filter((value) => value !== undefined && value !== '')
}

describe('dialects in a stream', () => {
  it('null-content: sends content and deltas that are null between the tokens', async () => {
    const chunks = await chunksOf('null-content')
    expect(field(chunks, 'content')).toEqual([null, ...ANSWER.flatMap((token) => [token, null]), null])
    expect(chunks.some(({ choices }) => choices[0]?.delta === null)).toBe(true)
  })

  it.each(['reasoning', 'reasoning-content'] as const)(
    '%s: thinks in that field before it answers',
    async (scenario) => {
      const chunks = await chunksOf(scenario)
      expect(field(chunks, scenario.replace('-', '_')).join('')).toBe(THOUGHT)
      expect(field(chunks, 'content').filter(Boolean)).toEqual(ANSWER)
      expect(chunks.length).toBeGreaterThan(2 * ANSWER.length)
    },
  )

  it('content-array: thinks and answers in arrays of parts', async () => {
    const parts = field(await chunksOf('content-array'), 'content').flat()
    expect(parts).toContainEqual({ type: 'thinking', thinking: [{ type: 'text', text: 'The' }] })
    expect(parts.slice(-ANSWER.length)).toEqual(ANSWER.map((text) => ({ type: 'text', text })))
  })

  it('refusal: says the answer as a refusal', async () => {
    expect(field(await chunksOf('refusal'), 'refusal').filter(Boolean)).toEqual(ANSWER)
  })

  it('several-choices: sends another choice in front of the one with index 0', async () => {
    for (const { choices } of await chunksOf('several-choices'))
      expect(choices.map(({ index }) => index)).toEqual([1, 0])
  })

  it('second-finish: finishes twice, the second time with the usage, and names a provider in each chunk', async () => {
    const chunks = await chunksOf('second-finish')
    expect(chunks.map(({ provider }) => provider)).toEqual(chunks.map(() => 'Simulator'))
    expect(chunks.slice(-2).map(({ choices, usage }) => [choices[0]?.finish_reason, usage])).toEqual([
      ['stop', undefined],
      ['stop', expect.objectContaining({ completion_tokens: ANSWER.length })],
    ])
  })

  it('usage-only: tells usage without choices, first and last, also unasked', async () => {
    const chunks = await chunksOf('usage-only')
    expect(chunks[0]).toMatchObject({ choices: [], usage: { completion_tokens: 0 } })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: ANSWER.length } })
  })

  it('extra-fields: has logprobs and fields that no specification knows', async () => {
    for (const chunk of await chunksOf('extra-fields')) {
      expect(chunk).toMatchObject({ x_simulator: {}, choices: [{ logprobs: { content: [{ logprob: -0.25 }] } }] })
    }
  })
})

describe('tool calls in a stream', () => {
  const tools = ['look', 'list'].map((name) => ({ type: 'function', function: { name } }))
  const calls = async (scenario: ScenarioName, more: object = { tools }): Promise<readonly unknown[]> => {
    const chunks = await chunksOf(scenario, more)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
    return field(chunks, 'tool_calls').flat()
  }

  it('tool-calls: sends a head for each call, and then its arguments in pieces', async () => {
    const deltas = await calls('tool-calls')
    expect(deltas[0]).toEqual({
      index: 0,
      id: 'call_simulated_1',
      type: 'function',
      function: { name: 'look', arguments: '' },
    })
    const pieces = deltas.filter((delta) => JSON.stringify(delta).startsWith('{"index":1,"function"'))
    expect(pieces.length).toBeGreaterThan(5)
  })

  it('tool-calls-mixed: sends the pieces of both in turn, the second call first', async () => {
    const order = (await calls('tool-calls-mixed')).map((delta) => JSON.stringify(delta).slice(0, 10))
    expect(order.slice(0, 4)).toEqual(['{"index":1', '{"index":0', '{"index":1', '{"index":0'])
  })

  it('tool-calls-bare: tells neither index nor id, and calls look_up where no tool was offered', async () => {
    const deltas = await calls('tool-calls-bare', {})
    expect(JSON.stringify(deltas)).not.toMatch(/"(?:index|id)"/)
    expect(deltas[0]).toEqual({ function: { name: 'look_up', arguments: expect.stringMatching(/^\{/) } })
  })

  it('answers in words once the outputs are there', async () => {
    const simulator = await startSimulator({ scenario: 'tool-calls', answer: () => ANSWER })
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'tool', tool_call_id: 'call_simulated_1', content: '7' },
    ]
    const text = await (await post(simulator, { model: 'any', stream: true, messages })).text()
    expect(text).toContain('"finish_reason":"stop"')
    expect(text).not.toContain('tool_calls')
  })
})

describe('dialects without stream', () => {
  it.each([
    ['refusal', { content: null, refusal: ANSWER.join('') }],
    ['reasoning', { content: ANSWER.join(''), reasoning: THOUGHT }],
    ['reasoning-content', { content: ANSWER.join(''), reasoning_content: THOUGHT }],
    ['tool-calls', { content: null, tool_calls: [{ id: 'call_simulated_1' }, { id: 'call_simulated_2' }] }],
  ] as const)('%s: is the message in one piece', async (scenario, message) => {
    const simulator = await startSimulator({ scenario, answer: () => ANSWER })
    const response = await post(simulator, ask('hi', { stream: false }))
    expect(await response.json()).toMatchObject({ choices: [{ message }] })
  })
})
