/** What the page may call a thread: what it makes itself is 32 hexadecimal digits. */
export function isThreadId(id: string): boolean {
  return /^[\w-]{16,64}$/.test(id)
}
