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
  const random: Uint8Array = (crypto as Crypto).getRandomValues(new Uint8Array(16))
  const bytes = Array.from(random, (byte, i) => {
    if (i === 6) return 0x40 | (byte & 0x0f) // version 4
    return i === 8 ? 0x80 | (byte & 0x3f) : byte // variant
  })
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
