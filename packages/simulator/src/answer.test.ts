import { describe, expect, it } from 'vitest'
import { simulatedAnswer } from './answer.ts'

const VARIATIONS = Array.from({ length: 200 }, (_, index) => index)

describe('simulatedAnswer', () => {
  it('is the same for the same prompt, and not for every prompt', () => {
    expect(simulatedAnswer('hello')).toEqual(simulatedAnswer('hello'))
    expect(new Set(VARIATIONS.map((n) => simulatedAnswer(`hello ${n}`).join(''))).size).toBeGreaterThan(3)
  })

  it.each(['hello', 'What is 2 + 2?', '', '你好', '请介绍一下你自己'])('answers %j with 60 to 120 tokens', (prompt) => {
    for (const n of VARIATIONS) {
      const { length } = simulatedAnswer(`${prompt}${'!'.repeat(n)}`)
      expect(length).toBeGreaterThanOrEqual(60)
      expect(length).toBeLessThanOrEqual(120)
    }
  })

  it.each([
    'Write a very long answer about rivers',
    'Explain streams in detail',
    'Write an ESSAY on water',
    'tell me a story',
    'List the 20 tallest buildings in the world',
    'Write 800 words on canals',
    'a step-by-step guide, please',
    '请详细介绍运河',
    '写一篇长文',
    '讲一个故事',
    '写一篇 800 字的作文',
    '世界上最高的楼有哪些',
  ])('answers %j with 900 to 1,500 tokens', (prompt) => {
    for (const n of VARIATIONS) {
      const { length } = simulatedAnswer(`${prompt}${'!'.repeat(n)}`)
      expect(length).toBeGreaterThanOrEqual(900)
      expect(length).toBeLessThanOrEqual(1500)
    }
  })

  it('does not take a word inside another word for a wish', () => {
    expect(simulatedAnswer('Does this belong to the storyboard?').length).toBeLessThan(200)
  })

  it('numbers every sentence in order', () => {
    for (const prompt of ['a long one', '详细']) {
      const numbers = [
        ...simulatedAnswer(prompt)
          .join('')
          .matchAll(/\[(\d+)\]/g),
      ].map((match) => Number(match[1]))
      expect(numbers.length).toBeGreaterThan(40)
      expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    }
  })

  it('holds headings, a list, a table and a closed code fence', () => {
    for (const prompt of ['a long one', '详细']) {
      const text = simulatedAnswer(prompt).join('')
      expect(text).toMatch(/^# /)
      expect(text.match(/^## \d+\. /gm)).toHaveLength(9)
      expect(text).toMatch(/^- /m)
      expect(text).toMatch(/^\| --- \|/m)
      expect(text.match(/^```/gm)).toHaveLength(2)
    }
  })

  it('begins with what the prompt is about', () => {
    expect(simulatedAnswer('the tallest tower').join('')).toMatch(/^## 1\. The tallest rooms/m)
    expect(simulatedAnswer('讲一个故事').join('')).toMatch(/^## 1\. 纤道上的故事/m)
  })

  it('answers Han characters in Chinese and everything else in English', () => {
    expect(simulatedAnswer('hello').join('')).not.toMatch(/\p{Script=Han}/u)
    expect(simulatedAnswer('你好').join('')).toMatch(/\p{Script=Han}{8}/u)
  })
})
