import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

/** The server's own tests, and the end-to-end tests: the built demo and a real browser, one file after the other. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      include: ['server/**/*.test.ts', 'e2e/**/*.test.ts'],
      fileParallelism: false,
      testTimeout: 30_000,
      hookTimeout: 30_000,
    },
  }),
)
