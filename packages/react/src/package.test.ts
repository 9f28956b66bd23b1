import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compileReact } from './testing/page/bundle.ts'

const SOURCE = fileURLToPath(new URL('.', import.meta.url))
const BUILT = fileURLToPath(new URL('../dist/', import.meta.url))

const modules = readdirSync(SOURCE).filter((name) => /^(use|chat)-.*\.tsx?$/.test(name) && !name.includes('.test'))

describe('the React Compiler', () => {
  it.each(modules)('compiles every hook and component of %s', async (name) => {
    const compiled = await compileReact(readFileSync(join(SOURCE, name), 'utf8'), join(SOURCE, name))
    expect(compiled).toContain('react/compiler-runtime')
  })
})

describe.skipIf(!existsSync(BUILT))('the built package', () => {
  it('begins with the directive by which a server component may import it', () => {
    expect(readFileSync(join(BUILT, 'index.js'), 'utf8')).toMatch(/^'use client';?\n/)
  })
})
