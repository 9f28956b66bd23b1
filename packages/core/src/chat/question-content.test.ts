import { describe, expect, it } from 'vitest'
import { questionMessage } from './question.ts'
import { partsOfContent, questionContent } from './question-content.ts'

const PLACE = { id: 'q', parentId: null, role: 'user' } as const

function file(mediaType: string) {
  return { type: 'file', url: `data:${mediaType};base64,AAEC`, mediaType, name: 'it' } as const
}

describe('partsOfContent', () => {
  it('reads back what a question was asked with, in its order', () => {
    const parts = [file('image/png'), { type: 'text', text: 'What is this?' }, file('application/pdf')] as const
    const asked = questionMessage({ parts }, PLACE)
    const read = questionMessage({ parts: partsOfContent(questionContent(asked.parts, asked.text)) }, PLACE)
    expect(questionContent(read.parts, read.text)).toEqual(questionContent(asked.parts, asked.text))
    expect(read).toMatchObject({
      text: 'What is this?',
      parts: [{ type: 'file', mediaType: 'image/png' }, { type: 'text' }, { name: 'it', mediaType: 'application/pdf' }],
    })
  })

  it('reads sound, a picture of an address, and a plain text', () => {
    const sound = questionMessage({ files: [file('audio/x-wav')] }, PLACE)
    expect(partsOfContent(questionContent(sound.parts, ''))).toEqual([
      { type: 'file', url: 'data:audio/wav;base64,AAEC', mediaType: 'audio/wav' },
    ])
    const picture = { type: 'image_url', image_url: { url: 'https://pictures.example/1' } }
    expect(partsOfContent([picture])).toMatchObject([{ url: 'https://pictures.example/1', mediaType: 'image/*' }])
    expect(partsOfContent('Hello')).toEqual([{ type: 'text', text: 'Hello' }])
  })

  it.each([null, 7, {}, [null, 1, {}, { image_url: { url: 1 } }, { text: {} }]])('makes nothing of %j', (content) => {
    expect(partsOfContent(content)).toEqual([])
  })
})
