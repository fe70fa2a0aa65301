// Bundles src/ into dist/: one entry, one chunk per lazily loaded command, libraries left to node_modules.
import {readFileSync, rmSync} from 'node:fs';
import {build} from 'esbuild';

rmSync('dist', {recursive: true, force: true});
await build({
  entryPoints: ['src/cli/main.ts'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.15',
  packages: 'external',
  chunkNames: 'chunks/[name]-[hash]',
  minifySyntax: true,
  define: {MILESTONE_VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version)},
  logLevel: 'warning',
});
