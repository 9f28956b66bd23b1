/** One text in the events of each library, as its own server half writes them. */
import { encodeSse } from '@sluice/core/sse'

/**
 * @typedef {object} Wire
 * @property {Readonly<Record<string, string>>} headers of the response
 * @property {string} head what comes before the first delta
 * @property {(delta: string, index: number) => string} event of one delta
 * @property {(count: number) => string} end what comes after the last of `count` deltas
 */

const NO_CACHE = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' }

/** The chunk of OpenAI's API reference, which a Sluice server relays untouched. */
const CHUNK = {
  id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
  object: 'chat.completion.chunk',
  created: 1_694_268_190,
  model: 'gpt-4o-mini',
  system_fingerprint: 'fp_44709d6fcb',
}

/**
 * @param {object} delta
 * @param {'stop' | null} reason
 */
const choices = (delta, reason = null) => [{ index: 0, delta, logprobs: null, finish_reason: reason }]

/** @type {Wire} */
const SLUICE = {
  headers: { 'content-type': 'text/event-stream; charset=utf-8', ...NO_CACHE },
  head: encodeSse({
    id: '1',
    data: JSON.stringify({ ...CHUNK, choices: choices({ role: 'assistant', content: '' }) }),
  }),
  event: (content, index) =>
    encodeSse({ id: `${index + 2}`, data: JSON.stringify({ ...CHUNK, choices: choices({ content }) }) }),
  end(count) {
    const usage = { inputTokens: 1, outputTokens: count, totalTokens: count + 1, source: 'provider' }
    const sluice = { status: 'completed', finishReason: 'stop', usage, skippedChunks: 0 }
    const last = { ...CHUNK, choices: choices({}, 'stop'), sluice }
    return encodeSse({ id: `${count + 2}`, data: JSON.stringify(last) }) + encodeSse({ data: '[DONE]' })
  },
}

/** @param {readonly object[]} parts */
const uiEvents = (...parts) => parts.map((part) => encodeSse({ data: JSON.stringify(part) })).join('')

/** The UI message stream, as `toUIMessageStreamResponse` writes it. @type {Wire} */
const AI_SDK = {
  headers: { 'content-type': 'text/event-stream', 'x-vercel-ai-ui-message-stream': 'v1', ...NO_CACHE },
  head: uiEvents({ type: 'start' }, { type: 'start-step' }, { type: 'text-start', id: 'txt-0' }),
  event: (delta) => uiEvents({ type: 'text-delta', id: 'txt-0', delta }),
  end: () =>
    uiEvents({ type: 'text-end', id: 'txt-0' }, { type: 'finish-step' }, { type: 'finish', finishReason: 'stop' }) +
    encodeSse({ data: '[DONE]' }),
}

export const WIRES = Object.freeze({ sluice: SLUICE, 'ai-sdk': AI_SDK })

/** @typedef {keyof typeof WIRES} Library */
