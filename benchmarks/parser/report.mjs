import { goalOf } from './workloads.mjs'

/** @typedef {import('../contest.mjs').Spread} Spread */
/** @typedef {import('./run.mjs').Result} Result */
/** @typedef {import('./run.mjs').Runtime} Runtime */

const INTRODUCTION = `# Parser: results

Bytes in, against \`TextDecoder\` with \`stream: true\` and eventsource-parser 4.1.3; \`parseSse\` against \`TextDecoderStream\` and
\`EventSourceParserStream\`. Written by \`node parser/run.mjs --matrix\`.

A ratio above 1 means that Sluice is faster. It is the median of the ratios of 101 rounds, in which the two took turns in one
process; in brackets the middle half of them. A line is **behind**, or **misses** its goal, when all of that half does.
`

const HEADER = ['stream', 'Sluice', 'peer', 'ratio', 'goal', '']

/**
 * @param {readonly Runtime[]} runtimes
 * @param {{ readonly cpu: readonly { readonly model: string }[], readonly date: Date }} machine
 * @returns {string} Markdown
 */
export function reportOf(runtimes, { cpu, date }) {
  const machine = `${date.toISOString().slice(0, 10)}, ${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown processor'}.`
  return [INTRODUCTION, `${machine}\n`, ...runtimes.map(tableOf)].join('\n')
}

/** @param {Runtime} runtime */
function tableOf({ version, results }) {
  const rows = [HEADER, HEADER.map(() => '---'), ...results.map((result) => rowOf(version, result))]
  return `## Node.js ${version}\n\n${rows.map((row) => `| ${row.join(' | ')} |\n`).join('')}`
}

/**
 * @param {string} version of Node.js
 * @param {Result} result
 * @returns {readonly string[]} the cells of one line
 */
export function rowOf(version, { line, measured: { first, second, ratio, bytes } }) {
  const goal = goalOf(line, Number.parseInt(version, 10))
  const spread = `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)})`
  if (line.kind === 'growth') {
    const isMissed = goal !== undefined && 'below' in goal && ratio.low >= goal.below
    return [line.name, ms(second), ms(first), spread, '< 8', isMissed ? '**misses**' : '']
  }
  const atLeast = goal !== undefined && 'atLeast' in goal ? goal.atLeast : 0
  const verdict = [...(ratio.high < 1 ? ['**behind**'] : []), ...(ratio.high < atLeast ? ['**misses**'] : [])]
  return [
    line.name,
    speed(bytes, first),
    speed(bytes, second),
    spread,
    atLeast ? `≥ ${atLeast}` : '',
    verdict.join(', '),
  ]
}

/** @param {Spread} times */
const ms = ({ median }) => `${median.toFixed(1)} ms`

/**
 * @param {number} bytes
 * @param {Spread} times
 */
const speed = (bytes, { median }) => `${(bytes / 1000 / median).toFixed(0)} MB/s`
