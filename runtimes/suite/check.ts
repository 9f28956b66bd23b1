/** One way to run a case: a name to show, what it does, and what must come of it. */
export interface Way {
  readonly name: string
  readonly run: () => unknown
  readonly expected: unknown
}

export interface Case {
  readonly name: string
  readonly ways: () => Iterable<Way>
}

/** A case of which some ways failed. */
export interface Failure {
  readonly name: string
  /** How many ways it was run in. */
  readonly ways: number
  /** The names of those that failed. */
  readonly failed: readonly string[]
  /** What was expected and what came, of the first that failed. */
  readonly difference: string
}

/** Counts (case, way) pairs. */
export interface SuiteReport {
  readonly passed: number
  readonly failed: number
  readonly failures: readonly Failure[]
}

/** For a way that waits for what never comes; the slowest takes milliseconds. */
const PATIENCE_MS = 30_000

/** Runs every way of every case, one after another. Never rejects. */
export async function reportOn(cases: Iterable<Case>): Promise<SuiteReport> {
  const failures: Failure[] = []
  let passed = 0
  let failed = 0
  for (const { name, ways } of cases) {
    const differing: { readonly way: string; readonly difference: string }[] = []
    let count = 0
    for (const way of ways()) {
      count += 1
      const difference = await differenceOf(way)
      if (difference !== undefined) differing.push({ way: way.name, difference })
    }
    passed += count - differing.length
    failed += differing.length
    const [first] = differing
    if (first) {
      failures.push({ name, ways: count, failed: differing.map(({ way }) => way), difference: first.difference })
    }
  }
  return { passed, failed, failures }
}

async function differenceOf({ run, expected }: Way): Promise<string | undefined> {
  try {
    const result = run()
    const actual = result instanceof Promise ? await withinPatience(result) : result
    return isSame(actual, expected) ? undefined : `expected ${show(expected)}, got ${show(actual)}`
  } catch (error) {
    return `expected ${show(expected)}, but ${error instanceof Error ? (error.stack ?? error.message) : show(error)}`
  }
}

async function withinPatience(result: Promise<unknown>): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    return await Promise.race([result, tooLate])
  } finally {
    clearTimeout(timer)
  }
}

/** Equality of objects, arrays and primitives; a key whose value is undefined differs from one that is not there. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const entries = Object.entries(a)
  const others = new Map(Object.entries(b))
  return (
    entries.length === others.size && entries.every(([key, value]) => others.has(key) && isSame(value, others.get(key)))
  )
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => (item === undefined ? '(undefined)' : item))
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text
}
