import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page. It is built from the built packages, through their `exports`, as any app would be. */
export default defineConfig({
  root: 'web',
  build: { outDir: '../dist', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  plugins: [react()],
})
