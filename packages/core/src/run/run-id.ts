const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a value may name a run: a UUID in its usual form. */
export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value)
}

/** A fresh name for a run, or for a message. */
export function createRunId(): string {
  const { crypto } = globalThis
  if ('randomUUID' in crypto) return crypto.randomUUID()
  // Browsers give `randomUUID` to secure pages only, and a page under development on a LAN address is none.
  const random: Uint8Array = (crypto as Crypto).getRandomValues(new Uint8Array(36))
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll(/x/g, (_, at: number) =>
    ((random[at] ?? 0) & 15).toString(16),
  )
}
