import { quantile, spread } from '../server/spread.mjs'
import { bytesPerDelta } from './server.mjs'

/** @typedef {import('./measure.mjs').Sample} Sample */
/** @typedef {import('./workloads.mjs').Workload} Workload */
/** @typedef {{ readonly workload: Workload, readonly samples: readonly (readonly Sample[])[] }} Result `samples` by contender */

const HEADER = [
  '',
  'CPU, ms',
  '× Sluice',
  'task, ms',
  '× Sluice',
  'script, ms',
  'layout, ms',
  'longest task, ms',
  'commits',
  'most in 1 s',
  'painted after, ms',
]

/** @param {readonly number[]} samples */
const median = (samples) => quantile(samples, 0.5)

/**
 * What every round's peer took as a multiple of what Sluice took in the same round.
 *
 * @param {readonly Sample[]} ours
 * @param {readonly Sample[]} theirs
 * @param {'cpu' | 'task'} name
 */
const ratios = (ours, theirs, name) => theirs.map((sample, round) => sample[name] / (ours[round]?.[name] ?? Number.NaN))

/**
 * @param {Result} result
 * @returns {string} Markdown
 */
export function tableOf({ workload, samples }) {
  const { name, contenders, rounds, goal } = workload
  const rows = contenders.map((contender, i) => {
    const own = samples[i] ?? []
    const first = samples[0] ?? []
    /** @param {keyof Sample} field */
    const all = (field) => own.map((sample) => sample[field])
    /** @param {'cpu' | 'task'} field */
    const times = (field) => (i === 0 ? '' : `**${spread(ratios(first, own, field), 1)}**`)
    return [
      contender.name,
      spread(all('cpu'), 0),
      times('cpu'),
      spread(all('task'), 0),
      times('task'),
      median(all('script')).toFixed(0),
      median(all('layout')).toFixed(0),
      `${median(all('longestTaskMs')).toFixed(0)}, at most ${Math.max(...all('longestTaskMs')).toFixed(0)}`,
      median(all('commits')).toFixed(0),
      Math.max(...all('mostCommitsASecond')).toFixed(0),
      median(all('paintedMs')).toFixed(0),
    ]
  })
  const lines = [HEADER, HEADER.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`)
  return `### ${name}\n\nRounds: ${rounds}.${goal === undefined ? '' : ` Goal: ≥ ${goal}.`}\n\n${lines.join('')}`
}

/**
 * @param {readonly Result[]} results
 * @param {{ readonly chromium: string, readonly cpu: readonly { readonly model: string }[], readonly load: number, readonly date: Date }} machine
 * @returns {string} Markdown
 */
export function reportOf(results, { chromium, cpu, load, date }) {
  const processor = `${cpu.length} × ${cpu[0]?.model.trim() ?? 'unknown processor'}`
  const day = date.toISOString().slice(0, 10)
  return `# React: results

\`useChatStream\` beside \`useChat\` of @ai-sdk/react 4.0.177 (ai 7.0.173), in one page built by Vite with the production
React 19.3.1, in headless Chromium ${chromium}. Written by \`node react/run.mjs --write\` on ${day}, ${processor}, with a load
average of ${load.toFixed(1)} at the end: at 1 or 2 the machine had nothing else to do.

${METHOD}
## Goals

${goalTable(results)}
## Growth

${growthTable(results)}
## Workloads

${results.map(tableOf).join('\n')}`
}

/** @param {import('./wires.mjs').Library} library */
const bytes = (library) => bytesPerDelta(library, 10_000).toFixed(0)

const METHOD = `Each run has a fresh page, which renders its history and settles; then it asks once, and is measured until the whole answer is
painted, which its length shows. Each library reads its own wire: Sluice OpenAI's chunks with ids (${bytes('sluice')} bytes a delta), AI SDK its
UI message stream (${bytes('ai-sdk')}). Both get the same text in the same deltas, and as many of them in one write of the server. Both
show their messages by the same memoized component; nothing else is on the page.

- **CPU**: the main thread's own time in tasks, CDP's \`TaskDuration\` in its \`threadTicks\` domain. It does not count the turns that other
  programs had on the processor. **Task**: the same by the wall clock, which does.
- **× Sluice**: the median of what each round took as a multiple of Sluice's run in that round; above 1, Sluice is cheaper. In brackets,
  here and elsewhere, the middle half. The contenders took turns within each round.
- **Script** and **layout** (with style) are \`ScriptDuration\`, \`LayoutDuration\` and \`RecalcStyleDuration\`, by thread ticks; script in
  microtasks of a stream counts as neither. **Longest task**: a \`longtask\` entry, by the wall clock; 0: none took 50 ms.
- **Commits** of the component that has the hook; at most so many in any one second.
- **Markdown by blocks**: react-markdown, memoized, in groups of 32 blocks; of \`part.blocks\` and \`part.tail\`, and for AI SDK of what
  \`marked.lexer\` finds, as its recipe "Markdown Chatbot with Memoization" has it. Streamdown, which its documentation now recommends,
  does the same with a richer renderer; it was not measured, nor was TanStack AI.
- A page that is too busy for frames commits, lays out and paints less often, which makes it cheaper here, and worse to look at:
  read a long answer beside its commits and its longest task.
`

/**
 * A goal is missed when all of the middle half of a ratio does.
 *
 * @param {readonly Result[]} results
 */
function goalTable(results) {
  const rows = results.flatMap(({ workload: { name, contenders, goal }, samples: [ours = [], ...peers] }) =>
    peers.map((theirs, i) => {
      const ratio = ratios(ours, theirs, 'cpu')
      const verdict = goal === undefined || quantile(ratio, 0.75) >= goal ? '' : '**misses**'
      const longest = Math.max(...ours.map(({ longestTaskMs }) => longestTaskMs))
      const cells = [
        name,
        contenders[i + 1]?.name ?? '',
        goal === undefined ? '' : `≥ ${goal}`,
        spread(ratio, 1),
        verdict,
      ]
      return `| ${[...cells, longest.toFixed(0)].join(' | ')} |\n`
    }),
  )
  return `How many times less CPU than the peer; and Sluice's longest task of all rounds, by the wall clock.

| workload | peer | goal | × | | longest task, ms |
| --- | --- | --- | --- | --- | --- |
${rows.join('')}`
}

/** @param {readonly Result[]} results */
function growthTable(results) {
  const bursts = results.filter(({ workload: { rate, view } }) => rate === 0 && view === 'text')
  const rows = bursts
    .toSorted((a, b) => a.workload.deltas - b.workload.deltas || a.workload.history - b.workload.history)
    .map(({ workload: { deltas, history }, samples }) => {
      const cells = samples.slice(0, 2).map((own) => {
        const cpu = median(own.map((sample) => sample.cpu))
        return `${cpu.toFixed(0)} | ${((cpu * 1000) / deltas).toFixed(1)}`
      })
      const finished = Math.max(...(samples[0] ?? []).map((sample) => sample.rendersOfFinished))
      return `| ${deltas} | ${history} | ${cells.join(' | ')} | ${finished} |\n`
    })
  return `CPU of bursts by the length of the answer and of the history; and how often a finished message was rendered again by Sluice.

| deltas | history | Sluice, ms | µs a delta | AI SDK, ms | µs a delta | finished messages rendered |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('')}`
}
