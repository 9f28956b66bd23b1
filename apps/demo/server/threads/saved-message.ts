/** A message in the form in which `@sluice/react` keeps messages: what the page restores a conversation from. */
export interface SavedMessage {
  readonly id: string
  readonly role: string
  readonly text: string
  readonly parts: readonly unknown[]
  /** The message that it follows; `null` for the first. */
  readonly parentId: string | null
  /** How the run of an answer ended; `null` while nobody knows. */
  readonly outcome?: unknown
}
