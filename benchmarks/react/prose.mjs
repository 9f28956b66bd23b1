/** What the model says, in every run and to each library alike. */

const WORDS = (
  'the of a to and in that is it for was on are as with they be at one have this from or had by not but what all were ' +
  'when we there can an your which their said if do will each about how up out them then she many some so these would ' +
  'other into has more her two like him see time could no make than first been its who now people my made over did down'
).split(' ')

const PARAGRAPH_WORDS = 80

/**
 * The deltas of an answer: prose in paragraphs of 80 words, a heading over every eighth, here and there a bold word or one
 * in code. A delta is a word with the space before it, as a tokenizer would cut; 5.2 characters on average.
 *
 * @param {number} count how many deltas
 * @returns {readonly string[]}
 */
export function proseDeltas(count) {
  return Array.from({ length: count }, (_, i) => {
    const place = i % PARAGRAPH_WORDS
    const paragraph = Math.floor(i / PARAGRAPH_WORDS)
    const word = wordAt(i)
    if (place > 0) return ` ${place === 20 ? `**${word}**` : place === 50 ? `\`${word}\`` : word}`
    const heading = paragraph % 8 === 0 ? `## Chapter ${paragraph / 8 + 1}\n\n` : ''
    return `${paragraph === 0 ? '' : '\n\n'}${heading}${word}`
  })
}

/** A linear congruential step: no two paragraphs are alike, and every run gets the same ones. */
const wordAt = (/** @type {number} */ i) => WORDS[((i * 1_103_515_245 + 12_345) >>> 8) % WORDS.length] ?? ''

/**
 * @param {number} count
 * @returns {number} how many characters of that answer are seen once it is rendered as Markdown, without blanks
 */
export const shownLength = (count) =>
  proseDeltas(count)
    .join('')
    .replaceAll(/[\s#*`]/g, '').length
