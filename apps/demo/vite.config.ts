import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The page. It is built from the built packages, through their `exports`, as any app would be. */
export default defineConfig({
  root: 'web',
  // Fonts and pictures are files of their own: the page's policy takes none from its styles.
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  plugins: [react()],
})
