import { isObject } from '../json.ts'
import { contentText } from './content.ts'

/**
 * Tokens of one run, and who counted them: `provider` (its own usage chunk), `estimated` (from the text, by
 * `estimateTokens`), or `unknown`.
 */
export type Usage =
  | {
      readonly source: 'provider' | 'estimated'
      readonly inputTokens: number
      readonly outputTokens: number
      readonly totalTokens: number
    }
  | {
      readonly source: 'unknown'
      readonly inputTokens: null
      readonly outputTokens: null
      readonly totalTokens: null
    }

export const UNKNOWN_USAGE: Usage = { source: 'unknown', inputTokens: null, outputTokens: null, totalTokens: null }

/** The provider's own count from a chunk's `usage`, or `undefined` where it is absent, `null` or not countable. */
export function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: total } = usage
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined
  const totalTokens = isCount(total) ? total : inputTokens + outputTokens
  return { source: 'provider', inputTokens, outputTokens, totalTokens }
}

/** An estimate for a run whose provider told no usage: a stopped stream ends before the usage chunk. */
export function estimateUsage(messages: readonly unknown[], output: string): Usage {
  const inputTokens = estimateTokens(
    messages.map((message) => (isObject(message) ? contentText(message['content']) : '')).join('\n'),
  )
  const outputTokens = estimateTokens(output)
  return { source: 'estimated', inputTokens, outputTokens, totalTokens: inputTokens + outputTokens }
}

/**
 * Tokens of a text, roughly: one for 4 UTF-16 code units of Latin text (OpenAI's rule of thumb for English), one for
 * each code unit beyond U+2E7F, where CJK begins.
 */
export function estimateTokens(text: string): number {
  const wide = text.match(/[\u2E80-\uFFFF]/g)?.length ?? 0
  return wide + Math.ceil((text.length - wide) / 4)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** Usage from JSON of our own wire, or `UNKNOWN_USAGE` for anything else. */
export function usageFromJson(value: unknown): Usage {
  if (!isObject(value)) return UNKNOWN_USAGE
  const { source, inputTokens, outputTokens, totalTokens } = value
  if (source !== 'provider' && source !== 'estimated') return UNKNOWN_USAGE
  if (!isCount(inputTokens) || !isCount(outputTokens) || !isCount(totalTokens)) return UNKNOWN_USAGE
  return { source, inputTokens, outputTokens, totalTokens }
}
