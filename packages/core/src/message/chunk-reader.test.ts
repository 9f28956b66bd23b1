import { describe, expect, it } from 'vitest'
import { createChunkReader } from './chunk-reader.ts'
import { readChunk, type ChunkReading } from './chunk.ts'

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o' }

function chunkWith(content: unknown, more: object = {}): string {
  return JSON.stringify({ ...HEAD, ...more, choices: [{ index: 0, delta: { content }, finish_reason: null }] })
}

/** What one reader makes of a stream's events. */
function readAll(events: readonly string[]): readonly ChunkReading[] {
  const read = createChunkReader()
  return events.map((data) => read(data))
}

/** What is made of each by a parser that remembers nothing. */
const parseEach = (events: readonly string[]): readonly ChunkReading[] => events.map((data) => readChunk(data))

describe('createChunkReader', () => {
  it('reads chunks that differ in their content alone', () => {
    const events = ['', 'Hello', ' wörld', ' 日本', ' 🙂', ''].map((content) => chunkWith(content))
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it('reads contents with escapes, and goes on behind them', () => {
    const contents = ['a', '\n\n', '"', '\\', 'b","x":"c', '\u0000', '","content":"', 'd']
    const events = contents.map((content) => chunkWith(content))
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it('reads chunks of other kinds in between', () => {
    const events = [
      JSON.stringify({ ...HEAD, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }),
      chunkWith('a'),
      chunkWith('b', { created: 2 }),
      chunkWith(null),
      chunkWith([{ type: 'text', text: 'c' }]),
      JSON.stringify({ ...HEAD, choices: [], usage: { prompt_tokens: 1 } }),
      chunkWith('d'),
      '[DONE]',
    ]
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it('tells chunks apart that differ behind their content', () => {
    const events = [0, 1, 0].map((index) => JSON.stringify({ choices: [{ delta: { content: 'a' }, index }] }))
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it.each([
    ['before it', ['a', 'a.', 'a..', 'b'].map((content) => chunkWith(content, { citation: { content: 'a' } }))],
    ['in its place', ['a', 'a.', 'b'].map((content) => chunkWith('a.', { citation: { content } }))],
    ['in a text', ['"content":"', 'b', '"content":"'].map((note) => chunkWith('a', { note }))],
  ])('is not misled by another content %s', (_, events) => {
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it('calls malformed what only begins and ends as a chunk did', () => {
    const [before = '', after = ''] = chunkWith('|').split('|')
    const events = [chunkWith('a'), `${before}"${after}`, `${before}\n${after}`, before, after, chunkWith('b')]
    expect(readAll(events)).toEqual(parseEach(events))
  })

  it('keeps chunks apart from one another', () => {
    const [first] = readAll(['a', 'b', 'c'].map((content) => chunkWith(content)))
    expect(first).toEqual(readChunk(chunkWith('a')))
  })

  it('reads chunks that each have something of their own', () => {
    const events = Array.from({ length: 20 }, (_, i) => chunkWith(`word${i}`, { obfuscation: `${i * 7}` }))
    expect(readAll(events)).toEqual(parseEach(events))
  })
})
