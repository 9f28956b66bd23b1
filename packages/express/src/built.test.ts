import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'

const run = promisify(execFile)
const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

// What users get is the build, so these tests leave the sources alone.
beforeAll(() => {
  for (const file of ['dist/index.js', '../core/dist/server/index.js', '../simulator/dist/index.js']) {
    if (!existsSync(join(PACKAGE, file))) throw new Error(`${file} is missing; build the packages first: pnpm build`)
  }
})

const PROGRAM = `
  const source = chat.openaiCompatible({ baseURL: simulator.url })
  const app = express().use('/v1', chat.chatStream({ source }))
  const server = app.listen(0, '127.0.0.1', async () => {
    const response = await fetch('http://127.0.0.1:' + server.address().port + '/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    const { choices } = await response.json()
    console.log(choices[0].message.content)
    server.close()
    server.closeAllConnections()
    await simulator.close()
  })
`
const OPTIONS = '{ answer: () => "it runs", tokensPerSecond: 1_000, firstTokenMs: 0 }'

describe('the built package', () => {
  it.each(['express', 'express4'])('is loaded by require, beside %s', async (express) => {
    const program = `
      const express = require(${JSON.stringify(express)})
      const chat = require('@sluice/express')
      require('@sluice/simulator').createSimulator(${OPTIONS}).then((simulator) => { ${PROGRAM} })
    `
    const { stdout } = await run(process.execPath, ['--eval', program], { cwd: PACKAGE })
    expect(stdout).toBe('it runs\n')
  })

  it('is loaded by import', async () => {
    const program = `
      import express from 'express'
      import * as chat from '@sluice/express'
      import { createSimulator } from '@sluice/simulator'
      const simulator = await createSimulator(${OPTIONS})
      ${PROGRAM}
    `
    const args = ['--input-type=module', '--eval', program]
    const { stdout } = await run(process.execPath, args, { cwd: PACKAGE })
    expect(stdout).toBe('it runs\n')
  })

  it.each([5, 4])('has types that fit those of Express %i', { timeout: 60_000 }, async (version) => {
    const types = version === 5 ? '@types/express' : '@types/express4'
    const folder = await mkdtemp(join(PACKAGE, '.types-'))
    const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
    try {
      await write(
        'app.ts',
        `import express, { type Request } from 'express'
        import { chatStream, openaiCompatible } from '@sluice/express'
        const chat = chatStream({
          source: openaiCompatible({ baseURL: 'https://api.example.com/v1', apiKey: undefined }),
          authorize: (req) => ({ owner: req.get('authorization') ?? req.ip ?? '' }),
        })
        const app = express()
        app.use('/v1', chat)
        app.use(express.json(), chat)
        export const shutdown: Promise<void> = chat.shutdown({ graceMs: 1 })
        // @ts-expect-error: an owner is a string
        chatStream({ source: openaiCompatible({ baseURL: '' }), authorize: (req: Request) => ({ owner: req.readableLength }) })
        `,
      )
      await write(
        'tsconfig.json',
        JSON.stringify({
          compilerOptions: {
            noEmit: true,
            strict: true,
            target: 'ES2022',
            lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'],
            module: 'NodeNext',
            types: ['node'],
            paths: { express: [`../node_modules/${types}`] },
          },
          include: ['app.ts'],
        }),
      )
      const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
      const told = await run(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => error)
      expect(told).toMatchObject({ stdout: '' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
