import { defineConfig } from 'vitest/config'

/** Every package's test run: sources instead of builds, and a JSON report that `pnpm test` sums up. */
export default defineConfig({
  resolve: { conditions: ['@sluice/source'] },
  ssr: { resolve: { conditions: ['@sluice/source'] } },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    reporters: ['default', ['json', { outputFile: '.vitest/report.json' }]],
  },
})
