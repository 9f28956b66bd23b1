import { readFiles, type FilePart } from '@sluice/react'

/** What models with eyes take. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']

/** What a file chooser offers. */
export const ACCEPT: string = PICTURES.join()

/** The largest picture, in MiB; as text for the model it is a third larger. */
export const MAX_MIB = 5

export interface Attached {
  readonly files: readonly FilePart[]
  /** The first file that was refused, and why. */
  readonly refused: { readonly name: string; readonly reason: 'tooLarge' | 'notPicture' } | null
}

/** The pictures among some files, read; the others are refused. */
export async function attach(chosen: readonly File[]): Promise<Attached> {
  const refused = chosen.find((file) => reasonAgainst(file) !== null)
  const files = await readFiles(chosen.filter((file) => reasonAgainst(file) === null))
  const reason = refused === undefined ? null : reasonAgainst(refused)
  return { files, refused: refused === undefined || reason === null ? null : { name: refused.name, reason } }
}

function reasonAgainst({ type, size }: File): 'tooLarge' | 'notPicture' | null {
  if (!PICTURES.includes(type)) return 'notPicture'
  return size > MAX_MIB * 2 ** 20 ? 'tooLarge' : null
}
