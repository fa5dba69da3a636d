import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The page is served by the viewer itself, from files that it reads once; nothing is inlined, so the content security
// policy can refuse inline code.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../src/aboveboard/viewer/static',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
