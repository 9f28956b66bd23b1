import { useEffect, useState } from 'react'
import { readSimulator, type SimulatorReading } from './simulator-reading.ts'

/** Time between two looks at the simulator's books, in ms. */
const INTERVAL_MS = 250

/** What the simulator says of the answer to `question`: read again and again until that answer has ended. */
export function useSimulator(question: string | undefined, isRunning: boolean): SimulatorReading | null {
  const [seen, setSeen] = useState<{ readonly question: string; readonly reading: SimulatorReading } | null>(null)

  useEffect(() => {
    if (question === undefined) return undefined
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look(asked: string): Promise<void> {
      const reading = await readSimulator(asked, leaving.signal)
      if (leaving.signal.aborted) return
      if (reading !== null) setSeen({ question: asked, reading })
      if (isRunning || reading?.record.outcome === 'open') timer = setTimeout(() => void look(asked), INTERVAL_MS)
    }
    void look(question)
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [question, isRunning])

  return seen !== null && seen.question === question ? seen.reading : null
}
