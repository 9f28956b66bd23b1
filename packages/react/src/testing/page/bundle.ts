import { fileURLToPath } from 'node:url'
import { transformAsync } from '@babel/core'
import { build, transformWithOxc, type Plugin } from 'vite'

/** How a page is built: which React, for whom, and whether the React Compiler has gone over it. */
export type BundleName =
  | 'react-19-production'
  | 'react-19-development'
  | 'react-19-compiled'
  | 'react-18-production'
  | 'react-18-development'

const MAIN = fileURLToPath(new URL('main.tsx', import.meta.url))
const REACT_18 = fileURLToPath(new URL('../../../react-18/node_modules/', import.meta.url))

/** The page as one script. */
export async function bundlePage(name: BundleName): Promise<string> {
  const mode = name.endsWith('development') ? 'development' : 'production'
  const is18 = name.startsWith('react-18')
  const built = await build({
    configFile: false,
    logLevel: 'error',
    mode,
    plugins: name.endsWith('compiled') ? [reactCompiler()] : [],
    // Vitest says that this is a test, which Vite takes for development.
    oxc: { jsx: { runtime: 'automatic', development: mode === 'development' } },
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    resolve: {
      conditions: ['@sluice/source', 'browser', 'module', mode],
      alias: is18 ? { react: `${REACT_18}react`, 'react-dom': `${REACT_18}react-dom` } : {},
    },
    build: { write: false, minify: mode === 'production', rolldownOptions: { input: MAIN } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (output === undefined || !('output' in output)) throw new TypeError('Expected a build, not a watcher.')
  return output.output[0].code
}

/** The compiler, which refuses to be silent: a component or a hook that it cannot compile fails the build. */
function reactCompiler(): Plugin {
  return {
    name: 'react-compiler',
    enforce: 'pre',
    async transform(code, id) {
      if (!/\/packages\/react\/src\/.*\.tsx?$/.test(id)) return undefined
      return compileReact(code, id)
    },
  }
}

/** What the React Compiler makes of a TypeScript module. Rejects where it would leave a component or a hook as it is. */
export async function compileReact(code: string, id: string): Promise<string> {
  const lang = id.endsWith('x') ? 'tsx' : 'ts'
  const plain = await transformWithOxc(code, id, { lang, jsx: 'preserve' })
  const compiled = await transformAsync(plain.code, {
    filename: id,
    babelrc: false,
    configFile: false,
    parserOpts: { plugins: ['jsx'] },
    plugins: [['babel-plugin-react-compiler', { panicThreshold: 'all_errors' }]],
  })
  const script = await transformWithOxc(compiled?.code ?? '', `${id}.jsx`, {
    lang: 'jsx',
    jsx: { runtime: 'automatic' },
  })
  return script.code
}
