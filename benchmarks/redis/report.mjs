/**
 * @typedef {object} Results
 * @property {number} streams at a time
 * @property {number} tokens of each
 * @property {readonly { name: string, instances: readonly number[], redis: number }[]} results ms of CPU for a token
 * @property {number} bytes of one run in Redis
 * @property {string} version of Redis
 * @property {Date} date
 * @property {readonly { readonly model: string }[]} cpu
 */

const TOKENS_PER_SECOND = 50

/** @param {number} ms of CPU for a token */
const streamsPerCore = (ms) => Math.round(1_000 / (ms * TOKENS_PER_SECOND))

/**
 * @param {Results} results
 * @returns {string} Markdown
 */
export function reportOf({ streams, tokens, results, bytes, version, date, cpu }) {
  const machine = `${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown processor'}`
  const rows = results.map(({ name, instances: [producer = 0, viewed], redis }) => {
    const other = viewed === undefined ? '–' : (viewed * 1_000).toFixed(0)
    const ofRedis = name.startsWith('Redis') ? (redis * 1_000).toFixed(1) : '–'
    return `| ${name} | ${(producer * 1_000).toFixed(0)} | ${other} | ${streamsPerCore(producer)} | ${ofRedis} |`
  })
  return `# Redis: results

What it costs to keep runs in Redis. Written by \`node redis/run.mjs --write\` on ${date.toISOString().slice(0, 10)}, Node.js
${process.version.slice(1)}, Redis ${version}, ${machine}. ${streams} streams at a time, ${TOKENS_PER_SECOND} tokens a second each, ${tokens} tokens
long; the provider, the servers, Redis and the viewers share this one machine. CPU for a token is that of the server that asks the
provider; where viewers are elsewhere, that of their server stands beside it. "Streams per core" divides a second by it.

| store | CPU for a token, µs | at the viewers' server, µs | streams per core | Redis' CPU for a token, µs |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

One run of ${tokens} tokens takes ${(bytes / 1_000).toFixed(1)} KB of Redis' memory, its request and its recorded end included.
`
}
