/** What answers in one language are made of. */
export interface Material {
  readonly title: string
  readonly opening: string
  readonly closing: string
  readonly sections: readonly Section[]
  /** What stands between two sentences, and before a sentence's number. */
  readonly blank: string
}

export interface Section {
  readonly title: string
  /** A prompt that matches gets this section first. Without the flags g and y, which would make it remember. */
  readonly about: RegExp
  readonly sentences: readonly string[]
  /** Markdown after the sentences: a list, a table or a code fence. */
  readonly block?: string
}
