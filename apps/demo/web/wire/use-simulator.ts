import { useEffect, useState } from 'react'
import { readSimulator, type SimulatorReading, type Wanted } from './simulator-reading.ts'

/** Time between two looks at the simulator's books, in ms. */
const INTERVAL_MS = 250

/** What the simulator says of an answer: read again and again until it has ended there, and here. */
export function useSimulator({ completion, question }: Wanted, isRunning: boolean): SimulatorReading | null {
  const [seen, setSeen] = useState<{ readonly key: string; readonly reading: SimulatorReading } | null>(null)
  const key = completion ?? question ?? ''

  useEffect(() => {
    if (key === '') return undefined
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look(): Promise<void> {
      const reading = await readSimulator({ completion, question }, leaving.signal)
      if (leaving.signal.aborted) return
      if (reading !== null) setSeen({ key, reading })
      if (isRunning || reading?.record.outcome === 'open') timer = setTimeout(() => void look(), INTERVAL_MS)
    }
    void look()
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [key, completion, question, isRunning])

  return seen !== null && seen.key === key ? seen.reading : null
}
