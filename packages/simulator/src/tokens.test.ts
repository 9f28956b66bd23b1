import { describe, expect, it } from 'vitest'
import { estimatePromptTokens, tokenize } from './tokens.ts'

describe('tokenize', () => {
  it('loses and adds nothing, whatever the text', () => {
    const texts = [
      '',
      ' ',
      'a b',
      '  lead',
      'trail \n\n',
      '# Hé, wörld!\r\n- *x*',
      '水闸 is 100% 好。',
      '👩‍👩‍👧 e\u0301',
      '\ud800x',
    ]
    for (const text of texts) expect(tokenize(text).join('')).toBe(text)
  })

  it('cuts words, signs and pairs of Han characters, each with the blanks before it', () => {
    expect(tokenize('A gate, shut.')).toEqual(['A', ' gate', ',', ' shut', '.'])
    expect(tokenize('水闸关上了')).toEqual(['水闸', '关上', '了'])
    expect(tokenize('incomprehensibilities')).toEqual(['incomprehens', 'ibilities'])
  })

  it('has no token for an empty text', () => {
    expect(tokenize('')).toEqual([])
  })
})

describe('estimatePromptTokens', () => {
  it('counts 4 for a message and one for every 4 bytes begun', () => {
    expect(estimatePromptTokens([{ text: 'abcde' }])).toBe(6)
    expect(estimatePromptTokens([{ text: '' }, { text: '水闸' }])).toBe(4 + 6)
  })
})
