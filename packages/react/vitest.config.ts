import { fileURLToPath } from 'node:url'
import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

const REACT_18 = fileURLToPath(new URL('react-18/node_modules/', import.meta.url))

/** Every test runs on React 19, and those that need no browser on React 18, too; pages bundle the React that they name. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      projects: [
        { extends: true, test: { name: 'react-19' } },
        {
          extends: true,
          resolve: { alias: { react: `${REACT_18}react`, 'react-dom': `${REACT_18}react-dom` } },
          test: { name: 'react-18', exclude: ['src/browser/**', 'src/package.test.ts'] },
        },
      ],
    },
  }),
)
