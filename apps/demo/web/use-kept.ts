import { useCallback, useState } from 'react'

/** A text that this browser keeps, where it keeps anything; `null` takes it away. */
export function useKept(name: string): readonly [string | null, (value: string | null) => void] {
  const [value, setValue] = useState(() => readKept(name))
  const keep = useCallback(
    (next: string | null) => {
      setValue(next)
      try {
        if (next === null) localStorage.removeItem(PREFIX + name)
        else localStorage.setItem(PREFIX + name, next)
      } catch {
        // A browser that keeps nothing for this page still shows it.
      }
    },
    [name],
  )
  return [value, keep]
}

const PREFIX = 'sluice-demo-'

/** `null` where nothing is kept, or nothing can be. */
export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}
