import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateTokens, estimateUsage, readUsage, UNKNOWN_USAGE, usageFromJson } from './usage.ts'

describe('readUsage', () => {
  it('reads the count of a provider', () => {
    const usage = { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42, prompt_tokens_details: {} }
    expect(readUsage(usage)).toEqual({ source: 'provider', inputTokens: 12, outputTokens: 30, totalTokens: 42 })
  })

  it('adds up a total that is missing', () => {
    expect(readUsage({ prompt_tokens: 2, completion_tokens: 3 })).toMatchObject({ totalTokens: 5 })
    expect(readUsage({ prompt_tokens: 2, completion_tokens: 3, total_tokens: null })).toMatchObject({ totalTokens: 5 })
  })

  it('reads none from what is not countable', () => {
    const wrong = [undefined, null, 7, [], {}, { prompt_tokens: 1 }, { prompt_tokens: '1', completion_tokens: 2 }]
    for (const usage of [...wrong, { prompt_tokens: -1, completion_tokens: 2 }])
      expect(readUsage(usage)).toBeUndefined()
  })
})

describe('estimateUsage', () => {
  it('counts 4 letters of Latin text for a token, and each Chinese character', () => {
    expect(estimateTokens('')).toBe(0)
    expect(estimateTokens('word')).toBe(1)
    expect(estimateTokens('words')).toBe(2)
    expect(estimateTokens('你好世界')).toBe(4)
    expect(estimateTokens('你好 you')).toBe(3)
  })

  it('counts the text of messages, also of those in parts, and says that it is an estimate', () => {
    const parts = [{ type: 'text', text: 'abcd' }, { type: 'image_url', image_url: {} }, 'odd']
    const usage = estimateUsage([{ role: 'user', content: 'abcdabcd' }, { content: parts }, null, {}], 'abcdabcdabcd')
    expect(usage).toMatchObject({ source: 'estimated', outputTokens: 3 })
    if (usage.source === 'unknown') throw new TypeError('Expected a count.')
    expect(usage.inputTokens).toBeGreaterThanOrEqual(3)
    expect(usage.inputTokens).toBeLessThan(6)
    expect(usage.totalTokens).toBe(usage.inputTokens + 3)
  })
})

describe('usageFromJson', () => {
  it('takes back what it gave', () => {
    for (const usage of [estimateUsage([], 'some text'), UNKNOWN_USAGE]) {
      expect(usageFromJson(JSON.parse(JSON.stringify(usage)))).toEqual(usage)
    }
  })

  it('never throws, and never makes a count of garbage', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ source: fc.constant('provider'), inputTokens: fc.jsonValue() })),
        (value) => {
          expect(usageFromJson(value)).toEqual(UNKNOWN_USAGE)
        },
      ),
    )
  })
})
