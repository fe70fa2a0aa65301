// Bundles src/ and the libraries that it uses into dist/: one entry, and a chunk for what each command loads on demand.
// Few files to load is most of what makes a short command quick.

import {chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));

// Made beside and put in place whole: a program that runs from dist/ meanwhile finds its files.
const outdir = mkdtempSync('dist-');
chmodSync(outdir, 0o755);
const options = {
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.15',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  define: {
    MILESTONE_VERSION: JSON.stringify(version),
    'process.env.NODE_ENV': '"production"',
  },
  // Some libraries are CommonJS and ask for node's own modules by `require`.
  banner: {
    js: "import {createRequire as milestoneRequire} from 'node:module';const require=milestoneRequire(import.meta.url);",
  },
  // The same library as ES modules, which bundle into plain functions: it reads a plan a tenth quicker.
  alias: {yaml: './node_modules/yaml/browser/dist/index.js'},
  logLevel: 'warning',
};
const {metafile} = await build({
  ...options,
  entryPoints: {main: 'src/cli/main.ts', reader: 'src/plan/file/reader.ts'},
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [
    leaveOut('quick-status', './quick-status.cjs'),
    leaveOut('start-reader', '../start-reader.cjs', 'import-statement'), // by a chunk
    leaveOutDevtools(),
  ],
});
// Each in one file, but for what it seldom needs.
await build({
  ...options,
  format: 'cjs',
  outExtension: {'.js': '.cjs'},
  define: {...options.define, 'import.meta.url': 'milestoneUrl'},
  banner: {js: "const milestoneUrl=require('node:url').pathToFileURL(__filename).href;"},
  entryPoints: ['src/cli/launch/quick-status.ts', 'src/cli/launch/read-plan.ts', 'src/cli/launch/start-reader.ts'],
  plugins: [leaveOut('reader', './reader.js'), requireWhole(['node:fs', 'node:path', 'node:os'])],
});
writeFileSync(path.join(outdir, 'THIRD-PARTY-LICENSES.txt'), licenses(Object.keys(metafile.inputs)));
rmSync('dist', {recursive: true, force: true});
renameSync(outdir, 'dist');

/** Leaves a module to a file of its own; `to` is relative to the one that loads it. */
function leaveOut(name, to, importKind = 'dynamic-import') {
  const setup = ({onResolve}) =>
    onResolve({filter: new RegExp(`/${name}\\.ts$`)}, ({kind}) =>
      kind === importKind ? {path: to, external: true} : undefined,
    );
  return {name: `leave out ${name}`, setup};
}

/**
 * Node's modules that are imported by their default alone. In CommonJS each such import would first copy all exports
 * one by one, which takes longer than the answer itself.
 */
function requireWhole(names) {
  const setup = ({onResolve, onLoad}) => {
    onResolve({filter: /^node:/}, ({path, kind}) =>
      kind === 'import-statement' && names.includes(path) ? {path, namespace: 'whole'} : undefined,
    );
    onLoad({filter: /.*/, namespace: 'whole'}, ({path}) => ({contents: `export default require('${path}')`}));
  };
  return {name: 'require whole', setup};
}

/** What `ink` has for its own developers, and would load from a package of theirs. */
function leaveOutDevtools() {
  const setup = ({onLoad}) => onLoad({filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/}, () => ({contents: ''}));
  return {name: 'leave out devtools', setup};
}

/** The licences of the libraries that went in. */
function licenses(inputs) {
  const folders = new Set(inputs.flatMap(input => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? []));
  return [...folders].sort().map(licenseOf).join('\n\n');
}

function licenseOf(folder) {
  const about = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  return `${about.name} ${about.version} (${about.license})\n\n${licenseText(folder, about)}`;
}

function licenseText(folder, about) {
  for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT.txt', 'license', 'license.md', 'LICENCE']) {
    try {
      return readFileSync(path.join(folder, file), 'utf8').trim();
    } catch {}
  }
  return `Licensed under ${about.license}; see ${about.homepage ?? about.repository?.url}`;
}
