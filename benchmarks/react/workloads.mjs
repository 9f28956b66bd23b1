/**
 * Who renders an answer, and how.
 *
 * @typedef {object} Contender
 * @property {string} name
 * @property {import('./wires.mjs').Library} library
 * @property {number} [throttle] in ms, of AI SDK; without, it has none, which is its default
 * @property {View} [view] in place of the workload's
 */

/**
 * `text`: the whole answer in one paragraph. `text-blocks`, `markdown`: block by block, memoized, in groups, as text
 * alone or by react-markdown. `whole-markdown`: by react-markdown, at once. The blocks are `part.blocks` and `part.tail` with Sluice, and what
 * `marked.lexer` finds with AI SDK, as its recipe "Markdown Chatbot with Memoization" has it.
 *
 * @typedef {'text' | 'text-blocks' | 'markdown' | 'whole-markdown'} View
 */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number} deltas of the answer
 * @property {number} rate deltas a second; 0: as fast as the socket takes them
 * @property {number} history messages before it
 * @property {View} view
 * @property {readonly Contender[]} contenders ours first
 * @property {number} rounds
 * @property {number} [goal] how many times less main-thread time than each peer
 */

/** @type {Contender} */
const SLUICE = { name: 'Sluice', library: 'sluice' }
/** @type {Contender} */
const AI_SDK = { name: 'AI SDK', library: 'ai-sdk' }
/** @type {Contender} */
const THROTTLED = { name: 'AI SDK, throttle 50', library: 'ai-sdk', throttle: 50 }

const ALL = [SLUICE, AI_SDK, THROTTLED]

/**
 * @param {number} deltas
 * @param {number} history
 * @param {Partial<Workload>} [rest]
 * @returns {Workload}
 */
function burst(deltas, history, rest = {}) {
  const name = `burst of ${deltas.toLocaleString('en')}, history of ${history}`
  return { name, deltas, rate: 0, history, view: 'text', contenders: ALL, rounds: 5, ...rest }
}

/**
 * @param {string} name
 * @param {number} deltas
 * @param {number} rate
 * @param {Partial<Workload>} [rest]
 * @returns {Workload}
 */
function paced(name, deltas, rate, rest = {}) {
  return { name, deltas, rate, history: 50, view: 'text', contenders: ALL, rounds: 5, ...rest }
}

/** @type {readonly Workload[]} */
export const WORKLOADS = [
  burst(10_000, 50, { goal: 6, rounds: 9 }),
  burst(50_000, 50, { goal: 8, rounds: 7 }),
  burst(20_000, 50, { contenders: [SLUICE, AI_SDK] }),
  burst(40_000, 50, { contenders: [SLUICE, AI_SDK] }),
  burst(10_000, 10, { contenders: [SLUICE, AI_SDK] }),
  burst(10_000, 200, { contenders: [SLUICE, AI_SDK] }),
  paced('long answer: 50,000 at 5,000 a second, Markdown by blocks', 50_000, 5_000, { view: 'markdown', goal: 3 }),
  paced('long answer: 50,000 at 5,000 a second, text by blocks', 50_000, 5_000, {
    view: 'text-blocks',
    goal: 3,
    rounds: 3,
    contenders: [
      SLUICE,
      { ...AI_SDK, name: 'AI SDK, one paragraph', view: 'text' },
      { ...THROTTLED, name: 'AI SDK, throttle 50, one paragraph', view: 'text' },
    ],
  }),
  burst(50_000, 50, {
    name: 'long answer: burst of 50,000, Markdown by blocks',
    view: 'markdown',
    goal: 3,
    rounds: 5,
  }),
  burst(2_000, 50, {
    name: 'burst of 2,000, the whole answer as Markdown at once',
    view: 'whole-markdown',
  }),
  paced('1,000 a second for 5 s', 5_000, 1_000, { rounds: 3 }),
  paced('100 a second for 5 s', 500, 100),
]
