import { useEffect, useState } from 'react'

/** The models that the server's providers offer; none until it has answered, or where it does not. */
export function useModels(): readonly string[] {
  const [models, setModels] = useState<readonly string[]>([])
  useEffect(() => {
    const leaving = new AbortController()
    readModels(leaving.signal).then(setModels, () => {})
    return () => leaving.abort()
  }, [])
  return models
}

async function readModels(signal: AbortSignal): Promise<readonly string[]> {
  const answer: unknown = await (await fetch('/v1/models', { signal })).json()
  const rows: unknown = Object(answer).data
  const ids = Array.isArray(rows) ? rows.map((row: unknown): unknown => Object(row).id) : []
  return ids.filter((id) => typeof id === 'string').toSorted()
}
