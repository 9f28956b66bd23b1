import type { FilePart } from './message.ts'

/**
 * The files of an `<input type="file">`, a drop or a paste, as parts of a message: each with its bytes in a `data:` URL.
 * Rejects with a `DOMException` if a file can no longer be read.
 */
export function readFiles(files: Iterable<File>): Promise<readonly FilePart[]> {
  return Promise.all(Array.from(files, readFile))
}

async function readFile(file: File): Promise<FilePart> {
  const { name } = file
  const mediaType = file.type === '' ? 'application/octet-stream' : file.type
  const bytes = new Uint8Array(await file.arrayBuffer())
  let text = ''
  // In pieces: a call with a million arguments overflows the stack.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return { type: 'file', url: `data:${mediaType};base64,${btoa(text)}`, mediaType, name }
}
