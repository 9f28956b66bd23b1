import { toolCalls } from './tool-calls.ts'
import { chunk, usageChunk, usageOf } from './wire.ts'
import type { Chunk, Envelope, FinishReason, Usage } from './wire.ts'

/** What is to be said. */
export interface Speech {
  readonly envelope: Envelope
  readonly tokens: readonly string[]
  /** The text of the last user message. */
  readonly prompt: string
  /** The names of the tools that the request offers. */
  readonly tools: readonly string[]
  readonly promptTokens: number
}

/** An answer as one provider words it. */
export interface Script {
  /** Sent when the first token is due. */
  readonly opening: readonly Chunk[]
  /** One step a token. */
  readonly steps: readonly (readonly Chunk[])[]
  readonly closing: (reason: FinishReason, usage: Usage) => readonly Chunk[]
  /** The reason of this answer, whatever its length; `null` for the usual ones. */
  readonly finishReason: FinishReason | null
  /** The message of an answer that is not streamed. */
  readonly message: object
}

export type DialectName =
  | 'openai'
  | 'null-content'
  | 'reasoning'
  | 'reasoning-content'
  | 'content-array'
  | 'refusal'
  | 'tool-calls'
  | 'tool-calls-mixed'
  | 'tool-calls-bare'
  | 'several-choices'
  | 'second-finish'
  | 'usage-only'
  | 'extra-fields'

/** What a reasoning model thinks before it answers, whatever it was asked. */
const THOUGHT = ['The', ' reader', ' asks', ';', ' I', ' weigh', ' the', ' words', '.']

export const DIALECTS: Readonly<Record<DialectName, (speech: Speech) => Script>> = {
  openai,
  'null-content': (speech) => {
    const { envelope, tokens } = speech
    return {
      ...openai(speech),
      opening: [
        chunk(envelope, { role: 'assistant', content: null, refusal: null, tool_calls: null }),
        chunk(envelope, null),
      ],
      steps: tokens.map((token) => [chunk(envelope, { content: token }), chunk(envelope, { content: null })]),
      closing: closing(envelope, { content: null }),
    }
  },
  reasoning: (speech) => thinking(speech, (reasoning) => ({ content: '', reasoning }), content),
  'reasoning-content': (speech) =>
    thinking(speech, (reasoning_content) => ({ content: null, reasoning_content }), content),
  'content-array': (speech) =>
    thinking(
      speech,
      (text) => ({ content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }] }),
      (text) => ({ content: [{ type: 'text', text }] }),
    ),
  refusal: (speech) => ({
    ...openai(speech),
    steps: speech.tokens.map((refusal) => [chunk(speech.envelope, { refusal })]),
    message: { role: 'assistant', content: null, refusal: speech.tokens.join('') },
  }),
  'tool-calls': (speech) => calling(speech, 'ordered'),
  'tool-calls-mixed': (speech) => calling(speech, 'mixed'),
  'tool-calls-bare': (speech) => calling(speech, 'bare'),
  'several-choices': (speech) =>
    mapped(openai(speech), (body) => ({
      ...body,
      choices: body.choices.flatMap((choice) => [{ ...choice, index: 1, delta: { content: 'another ' } }, choice]),
    })),
  'second-finish': (speech) => {
    const { envelope } = speech
    const script: Script = {
      ...openai(speech),
      closing: (reason, usage) => [
        chunk(envelope, { role: 'assistant', content: '' }, reason),
        { ...chunk(envelope, { role: 'assistant', content: '' }, reason), usage },
      ],
    }
    return mapped(script, (body) => ({ ...body, provider: 'Simulator' }))
  },
  'usage-only': (speech) => {
    const { envelope, promptTokens } = speech
    const script = openai({ ...speech, envelope: { ...envelope, includeUsage: true } })
    return { ...script, opening: [usageChunk(envelope, usageOf(promptTokens, 0)), ...script.opening] }
  },
  'extra-fields': (speech) =>
    mapped(openai(speech), (body) => ({
      ...body,
      system_fingerprint: 'fp_simulator',
      service_tier: 'default',
      x_simulator: { queue_time: 0.1 },
      choices: body.choices.map((choice) => ({
        ...choice,
        delta: { ...choice.delta, obfuscation: 'a1b2' },
        logprobs: { content: [{ token: 'any', logprob: -0.25, bytes: null, top_logprobs: [] }], refusal: null },
        matched_stop: null,
      })),
    })),
}

function openai({ envelope, tokens }: Speech): Script {
  return {
    opening: [chunk(envelope, { role: 'assistant', content: '', refusal: null })],
    steps: tokens.map((token) => [chunk(envelope, content(token))]),
    closing: closing(envelope, {}),
    finishReason: null,
    message: { role: 'assistant', content: tokens.join(''), refusal: null },
  }
}

function content(token: string): object {
  return { content: token }
}

function closing(envelope: Envelope, delta: object): Script['closing'] {
  return (reason, usage) => [
    chunk(envelope, delta, reason),
    ...(envelope.includeUsage ? [usageChunk(envelope, usage)] : []),
  ]
}

/** The thought, and then the answer, each token in its own spelling. */
function thinking(speech: Speech, think: (token: string) => object, say: (token: string) => object): Script {
  const { envelope, tokens } = speech
  return {
    ...openai(speech),
    steps: [...THOUGHT.map(think), ...tokens.map(say)].map((delta) => [chunk(envelope, delta)]),
    message: { role: 'assistant', refusal: null, ...think(THOUGHT.join('')), ...say(tokens.join('')) },
  }
}

function calling(speech: Speech, order: 'ordered' | 'mixed' | 'bare'): Script {
  const { envelope } = speech
  const { deltas, message } = toolCalls(speech, order)
  return {
    opening: [chunk(envelope, { role: 'assistant', content: null })],
    steps: deltas.map((delta) => [chunk(envelope, { tool_calls: [delta] })]),
    closing: closing(envelope, {}),
    finishReason: 'tool_calls',
    message: { role: 'assistant', content: null, refusal: null, tool_calls: message },
  }
}

function mapped(script: Script, map: (body: Chunk) => Chunk): Script {
  return {
    ...script,
    opening: script.opening.map(map),
    steps: script.steps.map((bodies) => bodies.map(map)),
    closing: (reason, usage) => script.closing(reason, usage).map(map),
  }
}
