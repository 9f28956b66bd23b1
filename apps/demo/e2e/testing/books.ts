import type { RunningDemo } from './demo.ts'

/** The simulator's record of one answer, as far as the tests read it. Times are epoch ms. */
export interface Answer {
  readonly prompt: string
  readonly outcome: string
  readonly produced: number
  readonly billed: number
  readonly afterHangup: number
  readonly closedAt: number | null
  readonly tokenTimes: readonly number[]
}

/** What the simulator recorded of the newest answer. */
export async function newestAnswer(demo: RunningDemo): Promise<Answer> {
  const response = await fetch(`${demo.url}/simulator?limit=1`)
  const { requests }: { readonly requests: readonly Answer[] } = await response.json()
  const [answer] = requests
  if (answer === undefined) throw new Error('The simulator was asked nothing.')
  return answer
}
