import type { ChatMessage } from '@sluice/react'

interface Names {
  readonly you: string
  readonly answer: string
}

/** A conversation as Markdown: a heading for each message, its text as it is, pictures by name. */
export function exportThread(messages: readonly ChatMessage[], names: Names): string {
  return messages
    .map((message) => {
      const pictures = message.parts.flatMap((part) =>
        part.type === 'file' ? [`*${part.name ?? part.mediaType}*`] : [],
      )
      const name = message.role === 'assistant' ? names.answer : names.you
      return [`## ${name}`, ...pictures, message.text].filter((piece) => piece !== '').join('\n\n')
    })
    .join('\n\n')
    .concat('\n')
}

/** Hands a text to the visitor as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  URL.revokeObjectURL(url)
}
