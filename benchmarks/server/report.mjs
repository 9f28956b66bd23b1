/**
 * @typedef {object} Results
 * @property {string} version of Node.js
 * @property {Date} date
 * @property {readonly { readonly model: string }[]} cpu
 * @property {number} load of the machine before it began: runnable processes, averaged over a minute
 * @property {Awaited<ReturnType<typeof import('./burst.mjs').measureBursts>>} bursts
 * @property {readonly Awaited<ReturnType<typeof import('./idle-viewers.mjs').measureIdle>>[]} idle
 * @property {readonly Awaited<ReturnType<typeof import('./cancel.mjs').measureCancels>>[]} cancels
 */

const FEATURES = /** @type {Readonly<Record<string, string>>} */ ({
  'raw http pipe': 'bytes, unread',
  Sluice: 'parsed, logged, numbered; rejoin, cancel, usage',
  'Sluice on global fetch': 'the same',
  'http-proxy-middleware 4.2.2': 'bytes, unread',
  'Hono 4.13 streamSSE': 'parsed, numbered',
  'better-sse 0.16': 'parsed, numbered',
  'AI SDK 7.0': 'parsed, written anew as UI messages',
})

const HEAP_GOAL_KB = 30

/**
 * @param {Results} results
 * @returns {string} Markdown
 */
export function reportOf({ version, date, cpu, load, bursts, idle, cancels }) {
  const machine = `${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown processor'}`
  const idleOf = (/** @type {string} */ name) => idle.find((each) => each.name === name)
  return `# Server: results

What a relay between a viewer and an OpenAI-compatible provider costs. Written by \`node server/run.mjs --write\` on
${date.toISOString().slice(0, 10)}, Node.js ${version.slice(1)}, ${machine}. The provider, each relay and the viewers are processes of their own
on this one machine; medians, in brackets the middle half. Other work kept the machine busy with ${load.toFixed(1)} processes on average
when it began: ratios stand that, times of the last percent do not.

## Cost

- **Burst**: CPU of the relay for streams of 500 chunks, ten at a time, in ms for 1,000 chunks, and as a multiple of what
  the raw pipe took in the same round. Sluice's goal is at most 2.0.
- **Idle**: memory of the relay for each of 1,000 open streams that have fallen silent, the connection to the provider
  included. Sluice's goal is at most ${HEAP_GOAL_KB} KB of heap.

| relay | what it does | burst, ms | burst, ratio | idle, KB of heap | idle, KB resident |
| --- | --- | --- | --- | --- | --- |
${bursts
  .map(({ name, cpu: ms, ratio }) => {
    const { heapKB = '–', rssKB = '–' } = idleOf(name) ?? {}
    const verdict = name === 'Sluice' && Number(heapKB) > HEAP_GOAL_KB ? ' **misses**' : ''
    return `| ${name} | ${FEATURES[name] ?? ''} | ${ms} | ${ratio} | ${heapKB}${verdict} | ${rssKB} |`
  })
  .join('\n')}

## Stopping

From the moment that a viewer asks to stop until the provider sees its socket close, and how many more tokens it wrote, at
200 a second. Sluice is asked by \`POST runs/:id/cancel\`; the others know no cancel, so their viewer hangs up. better-sse
would never notice without a listener of one's own, which is given here; the AI SDK would not without an \`abortSignal\`, likewise.
Sluice's goals: at most 5 ms at the median, at most 2 tokens at p99.

| relay | n | p50, ms | p90, ms | p99, ms | tokens p50 / p90 / p99 | never closed |
| --- | --- | --- | --- | --- | --- | --- |
${cancels
  .map(({ name, n, latencies, further, never }) => {
    return `| ${name} | ${n} | ${latencies.join(' | ')} | ${further.join(' / ')} | ${never} |`
  })
  .join('\n')}
`
}
