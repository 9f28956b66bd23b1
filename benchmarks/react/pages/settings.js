/** What this page measures; the address says it. */
const query = new URLSearchParams(location.search)

export const settings = {
  library: query.get('library'),
  view: query.get('view'),
  /** In ms, of AI SDK; `undefined` is its default: none. */
  throttle: query.has('throttle') ? Number(query.get('throttle')) : undefined,
  /** The path of this page's wire. */
  wire: `/wire/${query.get('library')}/${query.get('deltas')}/${query.get('rate')}`,
  history: Array.from({ length: Number(query.get('history')) }, (_, i) => ({
    id: `history-${i}`,
    role: i % 2 === 0 ? 'user' : 'assistant',
    text: i % 2 === 0 ? `Question ${i}?` : `The answer to question ${i - 1}, in a sentence or two. `.repeat(8),
  })),
}
