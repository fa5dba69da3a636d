import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The steward's page is served by another place than the participant's, from files of its own.
export default defineConfig({
  root: 'src/steward',
  publicDir: '../../public',
  plugins: [svelte()],
  build: {
    outDir: '../../../src/aboveboard/steward/static',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
