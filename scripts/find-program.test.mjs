import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { executablesIn, firstThatRuns } from './find-program.mjs'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-program-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/**
 * @param {string} path below the folder
 * @param {string} script
 */
function program(path, script) {
  const file = join(folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}

describe('executablesIn', () => {
  it('lists the better name first, then the earlier folder', () => {
    const paths = ['two/best', 'one/second', 'two/second'].map((path) => program(path, 'exit 0'))
    const searchPath = `${join(folder, 'one')}::${join(folder, 'two')}`
    expect(executablesIn(['best', 'second', 'absent'], searchPath)).toEqual(paths)
  })

  it('leaves out folders and files that may not be executed', () => {
    mkdirSync(join(folder, 'redis-server'))
    writeFileSync(join(folder, 'chromium'), '')
    expect(executablesIn(['redis-server', 'chromium'], folder)).toEqual([])
  })
})

describe('firstThatRuns', () => {
  it('passes over what is missing and what does not answer --version', async () => {
    const stub = program('stub', 'echo install the snap >&2; exit 1')
    const real = program('real', 'test "$1" = --version')
    await expect(firstThatRuns([join(folder, 'missing'), stub, real])).resolves.toBe(real)
    await expect(firstThatRuns([stub])).resolves.toBeUndefined()
  })
})
