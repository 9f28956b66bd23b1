import { describe, expect, it } from 'vitest'
import { textPart } from '../message/text-part.ts'
import { answer, question } from '../testing/chat.ts'
import type { AnswerMessage, FilePart } from './message.ts'
import { questionMessage } from './question.ts'
import { requestMessages } from './request.ts'

const PLACE = { id: 'q1', parentId: null, role: 'user' } as const

const file = (mediaType: string): FilePart => ({
  type: 'file',
  url: `data:${mediaType};base64,AAEC`,
  mediaType,
  name: 'it',
})

describe('requestMessages', () => {
  it('gives role and text, and leaves out answers of which nothing was delivered', () => {
    const thinking: AnswerMessage = { ...answer('a1', '', 'q1'), parts: [{ type: 'reasoning', text: 'Hm' }] }
    const branch = [
      question('s1', 'Be brief.', null, 'system'),
      question('q1', 'Hello'),
      thinking,
      answer('a2', 'Hi', 'q1'),
    ]
    expect(requestMessages(branch)).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi' },
    ])
  })

  it('gives files as the content parts that OpenAI has for them', () => {
    const files = ['image/png', 'audio/mpeg', 'audio/x-wav', 'application/pdf'].map(file)
    expect(requestMessages([questionMessage({ text: 'What is this?', files }, PLACE)])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAEC' } },
          { type: 'input_audio', input_audio: { data: 'AAEC', format: 'mp3' } },
          { type: 'input_audio', input_audio: { data: 'AAEC', format: 'wav' } },
          { type: 'file', file: { filename: 'it', file_data: 'data:application/pdf;base64,AAEC' } },
          { type: 'text', text: 'What is this?' },
        ],
      },
    ])
  })

  it('gives tool calls with their outputs, and leaves out those that have none', () => {
    const call = { type: 'tool-call', name: 'weather', arguments: '{"at":"Ulm"}' } as const
    const message: AnswerMessage = {
      ...answer('a1', 'Let me look.', 'q1'),
      parts: [
        textPart('Let me look.'),
        { ...call, index: 0, id: 'c1', output: { sunny: true } },
        { ...call, index: 1, id: 'c2' },
        { ...call, index: 2, id: 'c3', output: 'rain' },
      ],
    }
    const asked = { type: 'function', function: { name: 'weather', arguments: '{"at":"Ulm"}' } }
    expect(requestMessages([message])).toEqual([
      {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [
          { ...asked, id: 'c1' },
          { ...asked, id: 'c3' },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: '{"sunny":true}' },
      { role: 'tool', tool_call_id: 'c3', content: 'rain' },
    ])
    expect(requestMessages([{ ...message, text: '', parts: message.parts.slice(2, 3) }])).toEqual([])
  })

  it('refuses an output that is no JSON value', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const message: AnswerMessage = {
      ...answer('a1', '', 'q1'),
      parts: [{ type: 'tool-call', index: 0, id: 'c1', name: 'look', arguments: '{}', output: cycle }],
    }
    expect(() => requestMessages([message])).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})
