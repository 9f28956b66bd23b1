import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** @returns {Promise<string>} the pages as one script: minified, with the production React */
export async function buildPages() {
  const root = fileURLToPath(new URL('.', import.meta.url))
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    oxc: { jsx: { runtime: 'automatic', development: false } },
    define: { 'process.env.NODE_ENV': '"production"' },
    // Linked packages must not bring the React of their own folder: two of them in one page do not work.
    resolve: { dedupe: ['react', 'react-dom'] },
    build: { write: false, minify: true, rolldownOptions: { input: `${root}pages/page.jsx` } },
  })
  const [output] = Array.isArray(built) ? built : [built]
  if (output === undefined || !('output' in output)) throw new TypeError('Expected a build, not a watcher.')
  return output.output[0].code
}
