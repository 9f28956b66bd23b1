import { describe, expect, it } from 'vitest'
import { createTextPartBuilder, textPart } from './text-part.ts'

describe('textPart', () => {
  it('has the text, its closed blocks and its tail', () => {
    const part = { type: 'text', text: 'One.\n\nTwo.', blocks: ['One.\n\n'], tail: 'Two.' }
    expect(textPart('One.\n\nTwo.')).toStrictEqual(part)
    expect({ ...textPart('One.\n\nTwo.') }).toStrictEqual(part)
    expect(structuredClone(textPart('One.\n\nTwo.'))).toStrictEqual(part)
  })

  it('is type and text as JSON, for the blocks follow from the text', () => {
    expect(JSON.stringify(textPart('One.\n\nTwo.'))).toBe('{"type":"text","text":"One.\\n\\nTwo."}')
  })
})

describe('createTextPartBuilder', () => {
  it('is the part of the whole text, however often it is read in between', () => {
    const builder = createTextPartBuilder('One')
    for (const piece of ['.', '\n\nTw', 'o.\n\n', 'Three']) {
      builder.append(piece)
      expect(builder.part.blocks.join('') + builder.part.tail).toBe(builder.part.text)
    }
    expect(builder.part).toEqual(textPart('One.\n\nTwo.\n\nThree'))
  })

  it('gives the same part until something is added, and the same blocks until one closes', () => {
    const builder = createTextPartBuilder('One.\n\nTwo')
    const first = builder.part
    expect(builder.part).toBe(first)
    builder.append(' and')
    expect(builder.part).not.toBe(first)
    expect(builder.part.blocks).toBe(first.blocks)
    expect(first.text).toBe('One.\n\nTwo')
    builder.append(' more.\n\nThree')
    expect(builder.part.blocks).toEqual([...first.blocks, 'Two and more.\n\n'])
    expect(builder.part.blocks[0]).toBe(first.blocks[0])
    expect(first.blocks).toHaveLength(1)
  })
})
