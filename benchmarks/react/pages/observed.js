/** What the page sees of itself while it is measured. */

/** When the chat's component was committed, in ms. */
let commits = []
/** How often each message was rendered, by its id. */
let renders = new Map()
let longTasks = []

new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
  type: 'longtask',
})

export const observed = {
  committed: () => void commits.push(performance.now()),
  rendered: (id) => void renders.set(id, (renders.get(id) ?? 0) + 1),
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))

/** How many characters of the answer can be seen, without the blanks, which Markdown sets as it likes. */
const shownLength = () => document.querySelector('article:last-of-type').textContent.replace(/\s/g, '').length

/**
 * Lets the driver ask: `measure` resolves once the whole answer, of `length` characters, is painted.
 *
 * @param ask resolves when the answer has ended
 */
export function measurable(ask) {
  window.measure = async (length) => {
    commits = []
    renders = new Map()
    longTasks = []
    const begun = performance.now()
    await ask()
    const answered = performance.now() - begun
    await nextFrame()
    for (let frame = 0; frame < 600 && shownLength() < length; frame++) await nextFrame()
    await nextFrame()
    return {
      shownLength: shownLength(),
      answeredMs: answered,
      paintedMs: performance.now() - begun,
      commits: commits.length,
      mostCommitsASecond: Math.max(
        ...commits.map((from, i) => commits.slice(i).filter((at) => at < from + 1000).length),
      ),
      longestTaskMs: Math.max(0, ...longTasks),
      // The answer itself renders with every commit; whatever else does so has been finished before.
      rendersOfFinished: Math.max(
        0,
        ...[...renders].filter(([id]) => id.startsWith('history-')).map(([, count]) => count),
      ),
    }
  }
}
