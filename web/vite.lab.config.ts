import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The page of a data set is served by the lab, from files of its own.
export default defineConfig({
  root: 'src/lab',
  publicDir: '../../public',
  plugins: [svelte()],
  build: {
    outDir: '../../../src/aboveboard/lab/page/static',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
