import { describe, expect, it } from 'vitest'
import { questionMessage, questionsOfInput, requestMessages, type AnswerMessage } from './message.ts'

const ANSWER: AnswerMessage = {
  id: 'a1',
  role: 'assistant',
  parts: [{ type: 'reasoning', text: 'Hm' }],
  text: '',
  outcome: null,
}

describe('requestMessages', () => {
  it('gives role and text, and leaves out answers of which nothing was delivered', () => {
    const question = questionMessage('user', 'q1', 'Hello')
    const parts = [{ type: 'text', text: 'Hi' }] as const
    const messages = [questionMessage('system', 's1', 'Be brief.'), question, ANSWER, { ...ANSWER, parts, text: 'Hi' }]
    expect(requestMessages(messages)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
    ])
  })
})

describe('questionsOfInput', () => {
  it('gives the questions, the last one under the name that the run knows it by', () => {
    const parts = [{ type: 'text', text: 'He' }, { type: 'image_url' }, 7, { text: 'llo' }]
    const input = [
      { role: 'system', content: 'Be brief.' },
      { role: 'tool', content: '{}' },
      { role: 'user', content: parts },
      null,
    ]
    expect(questionsOfInput(input, 'q1', () => 'fresh')).toEqual([
      questionMessage('system', 'fresh', 'Be brief.'),
      questionMessage('user', 'q1', 'Hello'),
    ])
    expect(questionsOfInput(input, null, () => 'fresh').map(({ id }) => id)).toEqual(['fresh', 'fresh'])
    expect(questionsOfInput([{ role: 'user' }], 'q1', () => 'fresh')).toEqual([questionMessage('user', 'q1', '')])
  })
})
