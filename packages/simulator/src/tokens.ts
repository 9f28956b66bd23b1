// One or two Han characters, a word piece of at most 12 letters or digits, or a run of signs; each with the blanks before it.
const TOKEN = /\s*(?:\p{Script=Han}{1,2}|(?:(?!\p{Script=Han})[\p{L}\p{N}\p{M}]){1,12}|[^\s\p{L}\p{N}\p{M}]+)|\s+/gu

/**
 * Cuts text into tokens, about as fine as a real model's: words, signs and pairs of Han characters, with leading blanks.
 * `tokenize(text).join('') === text` for every text; an empty text has no tokens.
 */
export function tokenize(text: string): readonly string[] {
  return text.match(TOKEN) ?? []
}

/** The estimate behind `prompt_tokens`: one token for every 4 bytes of UTF-8, rounded up, and 4 for each message. */
export function estimatePromptTokens(messages: readonly { readonly text: string }[]): number {
  return messages.reduce((sum, { text }) => sum + 4 + Math.ceil(Buffer.byteLength(text) / 4), 0)
}
