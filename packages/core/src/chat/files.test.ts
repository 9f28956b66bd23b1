import { expect, it } from 'vitest'
import { readFiles } from './files.ts'

it('makes parts of files, with all of their bytes', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256)
  const [image, other] = await readFiles([
    new File([bytes], 'a.png', { type: 'image/png' }),
    new File(['hi'], 'b', { type: '' }),
  ])
  expect(image).toEqual({
    type: 'file',
    url: `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`,
    mediaType: 'image/png',
    name: 'a.png',
  })
  expect(other).toMatchObject({ url: 'data:application/octet-stream;base64,aGk=', name: 'b' })
})
